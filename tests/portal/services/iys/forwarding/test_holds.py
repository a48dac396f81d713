"""What fails for one provider, brand or channel holds up no other."""

import threading
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from sqlalchemy import event

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Channel, Operation, Status
from portal.core.models import BulkRequest, BulkState, Connection, Credential, ForwardingHold, Lane, Outcome, Submission
from portal.services.iys import forwarder, holds, rate_limit
from portal.services.iys.client import Client, IysAnswer
from portal.services.iys.forwarding import single_dispatch
from tests import grants, make
from tests.make import Rows
from tests.portal.services.iys.forwarding.partly_failing import (
    CALL,
    HANG,
    OTHER,
    SECOND,
    SISTER,
    PartlyFailing,
    bring,
    grants_of_other,
    of_messages,
    of_other,
    of_other_brand,
    run,
    says,
    with_wrong_password,
)
from tests.portal.services.iys.forwarding.scripted import TOKEN

pytestmark = pytest.mark.slow

ANOTHER_PROVIDER, ANOTHER_BRAND = {"brand_code": make.BRAND_CODE}, {"brand_code": SISTER}
ANOTHER_CHANNEL = {"brand_code": OTHER, "channel": Channel.EMAIL}
REFUSED = {"status": Status.REFUSED, "held": "ONAY"}
REFUSALS = {"brand_code": OTHER, **REFUSED}


def alike(*values):
    """A case that holds back the same rows as another one, for another reason."""
    return pytest.param(*values, marks=pytest.mark.alike)


@pytest.mark.parametrize(
    ("fault", "fails", "victim", "most_failures"),
    [
        ("500", of_other, ANOTHER_PROVIDER, 12),
        alike("500", of_other_brand, ANOTHER_BRAND, 12),
        alike("hang", of_other, ANOTHER_PROVIDER, 8),
        alike("H121", of_other, ANOTHER_PROVIDER, 30),
        alike("H353", of_other, ANOTHER_PROVIDER, 1),
        ("H353", of_other_brand, ANOTHER_BRAND, 1),
        ("H355", of_messages, ANOTHER_CHANNEL, 1),
        alike("H520", of_other, ANOTHER_PROVIDER, 1),
        ("H525", grants_of_other, REFUSALS, 1),
        alike("password", with_wrong_password, ANOTHER_PROVIDER, 1),
    ],
)
def test_what_fails_for_one_holds_up_no_other(app, firms, at, fault, fails, victim, most_failures):
    bring(app, OTHER, grants.phones(30))
    its = [f"p{number}@example.com" for number in range(3)]
    its = its if victim.get("channel") else grants.phones(3, first=1000)
    made = {address: clock.now() + (3 + 7 * number) * SECOND for number, address in enumerate(its)}
    for number, address in enumerate(its):
        bring(app, texts=[address], after=3 + 7 * number, **victim)
    iys = PartlyFailing(at, fails, fault)
    longest = HANG + 3 if fault == "hang" else 3.0

    run(app, iys, 17 + longest)

    assert set(its) <= set(iys.accepted)
    assert {a: iys.accepted[a] - made[a] for a in its if iys.accepted[a] - made[a] > longest * SECOND} == {}
    assert 0 < len(iys.failed) <= most_failures


@pytest.mark.parametrize("fault", ["500", alike("H355"), alike("H525"), alike("H351")])
def test_what_was_held_goes_by_itself_when_iys_takes_it_again(app, firms, at, fault):
    bring(app, OTHER, grants.phones(40, first=2000), lane=Lane.BULK)
    bring(app, OTHER, grants.phones(10))
    iys = PartlyFailing(at, of_other, fault)
    run(app, iys, 20)
    assert iys.accepted == {}
    iys.fault = None

    run(app, iys, 120, idle=5)

    assert len(iys.accepted) == 50
    assert {each.outcome for each in Rows(app)(Submission)} <= {Outcome.ACCEPTED, Outcome.SENT}


def test_many_that_are_held_wait_in_lists_and_others_at_once_pass_them(app, firms, at):
    bring(app, OTHER, grants.phones(2500), lane=Lane.BULK)
    at.shift(SECOND)  # So theirs go first on each database.
    its = grants.phones(20, first=5000)
    bring(app, make.BRAND_CODE, its, lane=Lane.BULK)
    iys = PartlyFailing(at, of_other, "H353")

    run(app, iys, CALL / 2)  # One step: the call that shows what holds them.
    run(app, iys, CALL / 2)

    theirs = [each for each in Rows(app)(BulkRequest) if each.size == 1000]
    assert set(iys.accepted) == set(its)
    assert len(theirs) == 2 and len({each.due_at for each in theirs}) == 1
    iys.fault = None
    run(app, iys, 120, idle=5)
    assert len(iys.accepted) == 2520


def test_what_waits_for_a_hold_is_made_due_a_thousand_at_a_time(app, firms, at):
    bring(app, OTHER, grants.phones(2500), **REFUSED)
    transactions = []
    with app.app_context():
        first, until = db.session.query(Submission).first(), clock.now() + 600 * SECOND
        hold = {"provider_id": first.provider_id, "brand_id": ForwardingHold.EVERY_BRAND, "channel": ""}
        db.session.add(ForwardingHold(**hold, code="H520", until=until, failures=1))
        db.session.query(Submission).update({"due_at": until})
        db.session.commit()
        event.listen(db.engine, "commit", note := transactions.append)

        holds.end_all_holds(first.provider_id)
        event.remove(db.engine, "commit", note)
        due = db.session.query(Submission).filter(Submission.due_at <= clock.now()).count()

    assert (due, len(transactions)) == (2500, 1 + 3)


def test_a_lost_right_is_tried_again_ever_more_rarely(app, firms, at):
    bring(app, OTHER, grants.phones(3))
    iys = PartlyFailing(at, of_other, "H353")

    run(app, iys, 3600, idle=30)

    assert len(iys.failed) <= 12 and iys.failed[1] - iys.failed[0] < 120 * SECOND


def test_an_answered_question_lets_the_next_refusal_go_at_once(app, firms, at):
    bring(app, OTHER, grants.phones(1))
    iys = PartlyFailing(at, of_other, "H353")
    run(app, iys, 20)
    with app.app_context():
        db.session.query(Submission).update({"due_at": None, "outcome": Outcome.PARKED})
        db.session.commit()
    iys.fault, iys.holds_grants = None, False
    at.shift(600)

    for number in range(3):
        bring(app, OTHER, grants.phones(1, first=number + 1), status=Status.REFUSED)
        run(app, iys, 2)
        assert len(Rows(app)(Submission, Submission.outcome == Outcome.NOT_NEEDED)) == number + 1


def test_a_firm_whose_calls_alone_are_refused_a_token_silences_nobody_of_its_account(app, firms, at):
    with app.app_context():
        account = db.session.query(Credential.id).limit(1).scalar()
        db.session.query(Connection).update({"credential_id": account})
        db.session.commit()
    bring(app, OTHER, grants.phones(5, first=500), **REFUSED)
    iys = PartlyFailing(at, of_other_brand, "H351")
    run(app, iys, 20)
    made = clock.now()
    bring(app, make.BRAND_CODE, grants.phones(1), **REFUSED)
    bring(app, SISTER, grants.phones(1, first=1), **REFUSED)

    run(app, iys, 300, idle=5)

    assert [iys.accepted[phone] - made < 2 * SECOND for phone in grants.phones(2)] == [True, True]
    assert len(iys.failed) < 12 and sum(path.endswith("token") for path in iys.paths) <= 2


class Hanging(Client):
    """An İYS that never answers calls about the other provider."""

    def __init__(self):
        super().__init__("http://iys.example")
        self.took_another, self.ended = threading.Event(), threading.Event()

    def ask(self, method, path, *, body=None, bearer=None, deadline=9.0):
        if path.endswith("token"):
            return says(200, TOKEN)
        if of_other(path, None):
            self.ended.wait(30)
            return IysAnswer(0, b"")
        self.took_another.set()
        return says(200, {"transactionId": "t-1"})


@pytest.mark.parametrize("facts", [{"status": Status.REFUSED, "held": "ONAY"}, {}], ids=["refusals", "grants"])
def test_hanging_calls_of_one_provider_leave_a_thread_for_others(app, firms, facts):
    bring(app, OTHER, grants.phones(30), **facts)
    iys, workers = Hanging(), forwarder.THREADS  # Of one loop.

    def work(_):
        with app.app_context():
            while not iys.ended.is_set():
                single_dispatch.forward_next(iys) or iys.ended.wait(0.05)

    with ThreadPoolExecutor(workers) as threads:
        done = [threads.submit(work, number) for number in range(workers)]
        wait(done, timeout=2)  # All that may be are hanging by now.
        bring(app, make.BRAND_CODE, grants.phones(1), **facts)
        was_taken = iys.took_another.wait(20)
        iys.ended.set()

    assert was_taken


def test_a_list_holds_one_channel(app, firms, at):
    for channel, texts in ((Channel.SMS, grants.phones(30)), (Channel.EMAIL, ["a@example.com", "b@example.com"])):
        bring(app, OTHER, texts, channel=channel, lane=Lane.BULK)
    iys = PartlyFailing(at, of_messages, "H355")

    run(app, iys, 5)

    assert set(iys.accepted) == {"a@example.com", "b@example.com"}


def test_a_low_ratio_holds_the_grants_of_who_makes_it_low(app, firms, at):
    with app.app_context():
        rate_limit.add_to_tally(db.session, Operation.ADD, clock.now(), calls=140)
        db.session.commit()
    bring(app, OTHER, grants.phones(60))
    iys = PartlyFailing(at, of_other, "H121")
    run(app, iys, 10)
    with app.app_context():
        forwarder.forward_one(iys)  # It looks at the ratio where nothing is due, too.
    iys.fault = None
    both = {make.BRAND_CODE: 1000, OTHER: 2000}
    for brand_code, first in both.items():
        bring(app, brand_code, grants.phones(20, first=first), lane=Lane.BULK)
        bring(app, brand_code, grants.phones(1, first=first + 50))
        bring(app, brand_code, grants.phones(1, first=first + 60), status=Status.REFUSED, held="ONAY")
    before = set(iys.accepted)

    run(app, iys, 20)

    taken = set(iys.accepted) - before
    innocent = {*grants.phones(20, first=1000), *grants.phones(1, first=1050), *grants.phones(1, first=1060)}
    assert taken == innocent | set(grants.phones(1, first=2060))
    assert [each.state for each in Rows(app)(BulkRequest)].count(BulkState.HELD) == 1
