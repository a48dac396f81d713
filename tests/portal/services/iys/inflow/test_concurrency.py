"""People decide here and at İYS, a forwarder sends and feeds listen, all at once; nobody waits forever."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Status
from portal.core.models import Consent, Decision, Movement, Outcome, Submission
from portal.services.iys.client import Client
from tests import make
from tests.make import Person
from tests.portal.domain.consents.iys_movements import Ear, row

NUMBERS = [f"+9053212345{each}" for each in range(10, 16)]


def test_deciding_forwarding_and_hearing_leave_each_other_alone(app, sandbox, rows):
    people = [Person(app.test_client(), code) for code in make.codes(app, "\n".join(NUMBERS)).values()]
    ear, iys = Ear(app), Client(sandbox.url)

    told = [[row("ONAY", recipient=each, ago=timedelta(hours=ago)) for each in NUMBERS] for ago in (3, 2, 1)]

    def decide(person):
        for status in ("ONAY", "RET"):
            person.posts(person.form(), MESAJ=status, ARAMA="RET")

    def hear(direction):
        for page in told:
            ear.hears(*page[::direction])

    with ThreadPoolExecutor(8) as pool:
        acts = [pool.submit(decide, person) for person in people]
        acts += [pool.submit(hear, direction) for direction in (1, -1)]
        acts += [pool.submit(make.forward_all, app, iys) for _ in range(2)]
        for act in acts:
            act.result()

    assert rows.count(Movement) == 3 * len(NUMBERS)
    for head in rows(Consent):
        newest = max(rows(Decision, Decision.consent_id == head.id), key=newness)
        assert (head.decision_id, head.status) == (newest.id, newest.status)


def newness(decision: Decision):
    return decision.effective_at, decision.status == Status.REFUSED, -decision.id


def test_what_was_in_hand_when_the_newer_word_came_is_settled_by_what_iys_lists(app, fatma, inflow, iys, sandbox, rows):
    """İYS took our grant, the answer is still on its way, and a push tells of a refusal made just after it."""
    fatma.decides(MESAJ="ONAY")
    make.forward_all(app, iys)
    with app.app_context():  # As if İYS's answer had not arrived yet.
        lost = {"outcome": Outcome.WAITING, "transaction_id": None, "accepted_at": None}
        at = clock.now()
        db.session.execute(db.update(Submission).values(due_at=at, lease_until=at + timedelta(seconds=15), **lost))
        db.session.commit()
    with time_machine.travel(clock.now() + timedelta(seconds=5)):
        Ear(app).hears(*sandbox.acts(make.PHONE, "MESAJ", "RET"))
    assert (rows.one(Submission).outcome, rows.one(Submission).due_at) == (Outcome.OVERTAKEN, None)

    with time_machine.travel(clock.now() + timedelta(minutes=70)):
        inflow.pulls()

    assert rows.one(Submission).outcome == Outcome.VERIFIED
    assert (rows.one(Consent).status, rows.one(Consent).iys_status) == (Status.REFUSED, "RET")
