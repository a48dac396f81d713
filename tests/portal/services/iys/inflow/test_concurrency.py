"""People decide here and at İYS while a forwarder sends and feeds pull; nothing deadlocks."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Status
from portal.core.models import Consent, Decision, Movement, Outcome, Submission
from portal.services.iys.client import Client
from tests import make
from tests.make import Person
from tests.portal.domain.consents.iys_movements import MovementReceiver, row

NUMBERS = [f"+9053212345{each}" for each in range(10, 16)]


@pytest.mark.slow
def test_deciding_forwarding_and_pulling_do_not_block_each_other(app, sandbox, rows):
    people = [Person(app.test_client(), code) for code in make.codes(app, "\n".join(NUMBERS)).values()]
    receiver, iys = MovementReceiver(app), Client(sandbox.url)

    pages = [[row("ONAY", recipient=each, ago=timedelta(hours=ago)) for each in NUMBERS] for ago in (3, 2, 1)]

    def decide(person):
        for status in ("ONAY", "RET"):
            person.posts(person.form(), MESAJ=status, ARAMA="RET")

    def receive(direction):
        for page in pages:
            receiver.receives(*page[::direction])

    with ThreadPoolExecutor(8) as pool:
        acts = [pool.submit(decide, person) for person in people]
        acts += [pool.submit(receive, direction) for direction in (1, -1)]
        acts += [pool.submit(make.forward_all, app, iys) for _ in range(2)]
        for act in acts:
            act.result()

    assert rows.count(Movement) == 3 * len(NUMBERS)
    for consent in rows(Consent):
        newest = max(rows(Decision, Decision.consent_id == consent.id), key=newness)
        assert (consent.decision_id, consent.status) == (newest.id, newest.status)


def newness(decision: Decision):
    return decision.effective_at, decision.status == Status.REFUSED, -decision.id


def test_a_submission_in_flight_while_a_refusal_is_pushed_is_settled(app, fatma, inflow, iys, sandbox, rows):
    """İYS accepted our grant, its answer is still on the way, and a push brings a refusal made just after it."""
    fatma.decides(MESAJ="ONAY")
    make.forward_all(app, iys)
    with app.app_context():  # As if İYS's answer had not arrived yet.
        lost = {"outcome": Outcome.WAITING, "transaction_id": None, "accepted_at": None}
        at = clock.now()
        db.session.execute(db.update(Submission).values(due_at=at, lease_until=at + timedelta(seconds=15), **lost))
        db.session.commit()
    with time_machine.travel(clock.now() + timedelta(seconds=5)):
        MovementReceiver(app).receives(*sandbox.acts(make.PHONE, "MESAJ", "RET"))
    assert (rows.one(Submission).outcome, rows.one(Submission).due_at) == (Outcome.OVERTAKEN, None)

    with time_machine.travel(clock.now() + timedelta(minutes=70)):
        inflow.pulls()

    assert rows.one(Submission).outcome == Outcome.VERIFIED
    assert (rows.one(Consent).status, rows.one(Consent).iys_status) == (Status.REFUSED, "RET")
