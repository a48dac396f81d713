"""Grants in lists, held against an İYS in a box: what is sent when, what comes of each, and what is lost on the way."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Operation
from portal.core.models import Attempt, BulkRequest, BulkState, Consent, Lane, Outcome, Submission
from portal.services.iys import rate_limit, success_rate
from portal.services.iys.client import Client
from tests import grants, make
from tests.make import Person
from tests.portal.domain.consents.iys_movements import MovementReceiver, row
from tests.portal.services.iys.forwarding.scripted import iys_that_says

pytestmark = pytest.mark.slow

SECOND = timedelta(seconds=1)
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def bring(app):
    """Bring so many grants into the bulk lane."""

    def them(count, first=0, **facts):
        with app.app_context():
            waited = timedelta(0) if "lane" in facts else timedelta(minutes=1)  # Or few go singly.
            grants.insert_decisions(make.brand(), grants.phones(count, first), clock.now() - waited, **facts)

    return them


def forward_at(app, iys, at):
    """Five steps, more than a second apart: of one key only one is sent within a second."""
    for step in range(5):
        with time_machine.travel(at + 1.5 * step * SECOND, tick=True):
            make.forward_all(app, iys)


def later(app, iys, **by):
    forward_at(app, iys, clock.now() + timedelta(**by))


def outcomes(rows):
    return Counter(each.outcome for each in rows(Submission))


def asked(sandbox, question):
    return sandbox.ledger()["requests"][question]


def test_a_list_is_sent_once_and_its_result_asked_after_five_minutes(app, bring, sandbox, iys, rows):
    bring(20)

    make.forward_all(app, iys)
    later(app, iys, seconds=290)
    too_early = asked(sandbox, "bulk_result")
    later(app, iys, seconds=310)

    assert too_early == 0
    assert asked(sandbox, "bulk_add") == asked(sandbox, "bulk_result") == 1
    assert outcomes(rows) == {Outcome.ACCEPTED: 20}
    held = {movement["transactionId"] for movement in sandbox.movements()}
    assert {each.transaction_id for each in rows(Submission)} == held
    assert {consent.iys_status for consent in rows(Consent)} == {"ONAY"}
    assert rows.one(BulkRequest).state == BulkState.ENDED


def test_each_item_keeps_what_iys_said_of_it(app, bring, iys, rows):
    bring(3)

    make.forward_all(app, iys)
    later(app, iys, seconds=310)

    attempts = rows(Attempt)
    assert {attempt.question for attempt in attempts} == {Operation.BULK_RESULT}
    assert {attempt.submission_id for attempt in attempts} == {each.id for each in rows(Submission)}


def test_a_list_holds_a_thousand_at_most_oldest_first(app, bring, sandbox, iys, rows):
    with time_machine.travel(clock.now() - timedelta(minutes=1)):
        bring(1000)
    bring(5, first=5000)

    make.forward_all(app, iys)

    assert [each.size for each in rows(BulkRequest)] == [1000, 5]
    assert asked(sandbox, "bulk_add") == 2


def test_peoples_grants_that_wait_a_minute_go_in_a_list_where_ten_of_a_brand_do(app, bring, sandbox, iys, rows):
    bring(2, lane=None)

    later(app, iys, seconds=61)

    assert {each.lane for each in rows(Submission)} <= {Lane.PEOPLE}, "the single lane was free, and took them"
    bring(9, first=10, lane=None)
    put_off_single_lane(app)
    assert rows(Submission, Submission.lane == Lane.BULK) == []
    bring(1, first=20, lane=None)
    put_off_single_lane(app)
    later(app, iys, seconds=130)
    assert asked(sandbox, "bulk_add") == 1 and asked(sandbox, "add") == 2


def test_a_few_grants_go_singly_and_many_in_a_list(app, bring, sandbox, iys, rows):
    bring(9, lane=Lane.BULK)
    for _ in range(2):  # One step takes them out of the lane of lists.
        make.forward_all(app, iys)

    assert (asked(sandbox, "add"), asked(sandbox, "bulk_add")) == (9, 0)
    assert outcomes(rows) == {Outcome.ACCEPTED: 9}

    bring(10, first=20, lane=Lane.BULK)
    make.forward_all(app, iys)
    assert (asked(sandbox, "add"), rows.one(BulkRequest).size) == (9, 10)


def test_a_few_grants_go_in_a_list_while_people_wait(app, bring, sandbox, iys, rows):
    from portal.services.iys.forwarding import bulk_lists

    bring(1, lane=None)
    bring(9, first=10, lane=Lane.BULK)
    with app.app_context():
        assert bulk_lists.claim_list_to_send(db.session, clock.now())

    assert rows.one(BulkRequest).size == 9


def put_off_single_lane(app):
    """As if so much waited before them that nobody came to them."""
    with app.app_context():
        from portal.services.iys.forwarding import bulk_lists

        with time_machine.travel(clock.now() + timedelta(seconds=61)):
            bulk_lists.move_waiting_people(db.session, clock.now())


def test_laggards_are_asked_for_again_and_the_rest_is_kept(app, bring, sandbox, iys, rows):
    sandbox.set_list_timing(seconds=60, laggards=0.5, laggard_seconds=900)
    bring(40)

    make.forward_all(app, iys)
    later(app, iys, seconds=310)
    first = outcomes(rows)
    for minutes in (7, 10, 14, 16, 18):
        later(app, iys, minutes=minutes)

    assert 0 < first[Outcome.ACCEPTED] < 40
    assert first[Outcome.SENT] == 40 - first[Outcome.ACCEPTED]
    assert outcomes(rows) == {Outcome.ACCEPTED: 40}
    assert asked(sandbox, "bulk_add") == 1


@pytest.mark.alike
@pytest.mark.parametrize(
    "kind", ["500-after-apply", "reset-after-apply", "500", "reset", "html", "cut", "empty", "H123"]
)
def test_a_list_without_an_answer_is_sent_again_byte_for_byte_and_held_once(app, bring, sandbox, iys, rows, kind):
    sandbox.fault("bulk_add", kind, count=1)
    bring(10)

    make.forward_all(app, iys)
    later(app, iys, minutes=1)
    for minutes in (7, 8, 9, 12):
        later(app, iys, minutes=minutes)

    assert outcomes(rows) == {Outcome.ACCEPTED: 10}
    assert len(sandbox.movements()) == 10
    assert asked(sandbox, "bulk_add") == 2


@pytest.mark.alike
@pytest.mark.parametrize("kind", ["500", "reset", "html", "cut", "empty", "429"])
def test_a_result_without_an_answer_is_asked_again(app, bring, sandbox, iys, rows, kind):
    bring(4)
    make.forward_all(app, iys)
    sandbox.fault("bulk_result", kind, count=1)

    for minutes in (6, 8, 10):
        later(app, iys, minutes=minutes)

    assert outcomes(rows) == {Outcome.ACCEPTED: 4}


def test_what_would_fail_is_parked_before_anything_is_sent(app, bring, sandbox, iys, rows):
    bring(3)
    damage_one(app, '"+90532', '"532')

    make.forward_all(app, iys)

    assert outcomes(rows) == {Outcome.SENT: 2, Outcome.PARKED: 1}
    assert rows.one(Submission, Submission.outcome == Outcome.PARKED).code == "H121"
    assert sandbox.ledger()["failures"] == 0


def damage_one(app, what, by):
    """Spoil one payload, as a fault of ours would."""
    with app.app_context():
        one = db.session.query(Submission).order_by(Submission.id).first()
        payload = vault().read(one.payload, Submission.PLACE, one.provider_id, one.id)
        one.payload = vault().seal(payload.replace(what, by), Submission.PLACE, one.provider_id, one.id)
        db.session.commit()


def test_what_iys_names_leaves_the_list_and_the_rest_goes_at_once(app, bring, sandbox, iys, rows):
    with time_machine.travel(MONDAY):
        bring(1)
    with time_machine.travel(MONDAY + timedelta(days=3)):  # Its last lawful day; İYS's clock says it is over.
        bring(4, first=10)
        sandbox.move_clock(forward=timedelta(days=1).total_seconds())
        make.forward_all(app, iys)

    assert outcomes(rows) == {Outcome.SENT: 4, Outcome.EXPIRED: 1}
    assert asked(sandbox, "bulk_add") == 2
    assert rows.one(Attempt).code == "H467"


def test_a_seal_that_cannot_be_opened_parks_its_row_and_no_other(app, bring, iys, rows):
    bring(3)
    with app.app_context():
        damaged = db.session.query(Submission).first()
        damaged.payload = damaged.payload[:-1] + bytes((damaged.payload[-1] ^ 1,))
        db.session.commit()

    make.forward_all(app, iys)

    assert outcomes(rows) == {Outcome.SENT: 2, Outcome.PARKED: 1}


def test_a_newer_decision_at_iys_overtakes_an_item(app, bring, sandbox, iys, rows):
    bring(2)
    with time_machine.travel(clock.now() + timedelta(seconds=2)):
        sandbox.acts(grants.phones(1)[0], "MESAJ", "ONAY")
        make.forward_all(app, iys)

    later(app, iys, seconds=310)

    assert outcomes(rows) == {Outcome.ACCEPTED: 1, Outcome.OVERTAKEN: 1}


def test_a_list_killed_after_it_was_formed_comes_back_when_its_lease_ends(app, bring, sandbox, iys, rows):
    from portal.services.iys.forwarding import bulk_lists

    bring(3)
    with app.app_context():
        killed = bulk_lists.claim_list_to_send(db.session, clock.now())

    make.forward_all(app, iys)
    meanwhile = asked(sandbox, "bulk_add")
    later(app, iys, seconds=16)

    assert killed is not None and meanwhile == 0
    assert outcomes(rows) == {Outcome.SENT: 3}
    assert len(rows(BulkRequest)) == 1


def test_a_late_answer_of_a_lost_lease_changes_nothing(app, bring, rows):
    from portal.services.iys.forwarding import bulk_lists

    bring(3)
    with app.app_context():
        at = clock.now()
        late = bulk_lists.claim_list_to_send(db.session, at)
        bulk_lists.claim_list_to_send(db.session, at + timedelta(seconds=16))
        kept = bulk_lists.release_list(db.session, late, state=BulkState.SENT)
        db.session.rollback()

    assert not kept


def test_an_empty_result_for_a_day_sends_the_list_again(app, bring, sandbox, iys, rows):
    sandbox.set_list_timing(seconds=60)
    bring(3)
    make.forward_all(app, iys)
    with app.app_context():
        db.session.query(BulkRequest).one().request_id = "00000000-0000-4000-8000-00000000000a"
        db.session.commit()

    for hours in (1, 12, 25):
        later(app, iys, hours=hours)
    later(app, iys, hours=25, minutes=6)

    assert outcomes(rows) == {Outcome.ACCEPTED: 3}
    assert len(sandbox.movements()) == 3
    assert sorted(each.state for each in rows(BulkRequest)) == [BulkState.ENDED] * 2


def test_missing_rights_stop_the_brand_and_the_list_waits_as_it_is(app, bring, sandbox, iys, rows):
    sandbox.fault("bulk_add", "H353", count=1)
    bring(3)

    make.forward_all(app, iys)
    blocked = outcomes(rows)
    later(app, iys, minutes=11)

    assert blocked == {Outcome.BLOCKED: 3}
    assert outcomes(rows) == {Outcome.SENT: 3}


def test_a_used_up_quota_holds_the_list_and_lets_refusals_pass(app, bring, sandbox, iys, rows):
    sandbox.fault("bulk_add", "H525", count=1)
    bring(3)
    bring(1, first=50, status="RET", lane=None, held="ONAY")
    make.forward_all(app, iys)

    assert outcomes(rows)[Outcome.BLOCKED] == 3
    assert rows.one(Submission, Submission.status == "RET").outcome == Outcome.NOT_NEEDED


def fail_often(app):
    with app.app_context():
        rate_limit.add_to_tally(db.session, "add", clock.now(), calls=1000, failures=300)
        success_rate.count_call(db.session, make.brand().provider_id, clock.now(), calls=900, failures=300)
        db.session.commit()


def test_below_the_ratio_lists_are_held_until_somebody_lets_them_go(app, bring, sandbox, iys, rows):
    fail_often(app)
    bring(3)
    make.forward_all(app, iys)
    held = rows.one(BulkRequest).state
    with app.app_context():
        bulk = db.session.query(BulkRequest).one()
        bulk.state, bulk.due_at, bulk.released_at = BulkState.FORMED, clock.now(), clock.now()
        db.session.commit()

    make.forward_all(app, iys)

    assert held == BulkState.HELD
    assert rows.one(BulkRequest).state == BulkState.SENT


class Noting(Client):
    """Notes what it sends."""

    def ask(self, method, path, *, body=None, **more):
        if path.endswith("/request"):
            self.sent = [*getattr(self, "sent", []), body]
        return super().ask(method, path, body=body, **more)


def test_what_ends_while_a_list_is_held_is_in_none_of_its_copies(app, bring, sandbox, rows):
    fail_often(app)
    bring(3)
    iys = Noting(sandbox.url)
    make.forward_all(app, iys)
    MovementReceiver(app).receives(row("RET", recipient=grants.phones(1)[0], ago=timedelta(0)))
    sandbox.fault("bulk_add", "500-after-apply", count=1)

    later(app, iys, hours=25)
    later(app, iys, hours=25, minutes=1)

    assert len(iys.sent) == 2 and iys.sent[0] == iys.sent[1]
    assert grants.phones(1)[0] not in iys.sent[0].decode()
    assert outcomes(rows)[Outcome.OVERTAKEN] == 1


def test_a_late_result_takes_nothing_from_what_a_person_did_since(app, bring, rows):
    """İYS held the grant when it looked at the list; the person withdrew it before we asked what came of it."""
    bring(1)
    held = [{"index": 0, "status": "failure", "error": {"code": "H174"}}]
    with iys_that_says(request=(202, {"requestId": "a-1"}), result=(200, held)) as iys:
        make.forward_all(app, iys)
        with time_machine.travel(clock.now() + timedelta(seconds=200)):
            MovementReceiver(app).receives(row("RET", recipient=grants.phones(1)[0], ago=timedelta(0)))

        later(app, iys, seconds=400)

    assert rows.one(Consent).iys_status == "RET"


def test_held_lists_go_by_themselves_when_the_ratio_is_well_again(app, bring, sandbox, iys, rows):
    fail_often(app)
    bring(3)
    make.forward_all(app, iys)

    later(app, iys, hours=12)
    still = rows.one(BulkRequest).state
    later(app, iys, hours=25)

    assert still == BulkState.HELD
    assert rows.one(BulkRequest).state == BulkState.SENT


def test_a_held_list_lets_go_of_what_runs_out_of_time(app, bring, sandbox, iys, rows):
    fail_often(app)
    bring(3)
    make.forward_all(app, iys)

    forward_at(app, iys, rows(Submission)[0].lenient_deadline + timedelta(seconds=1))

    assert outcomes(rows) == {Outcome.EXPIRED: 3}
    assert asked(sandbox, "bulk_add") == 0


class TestARefusalAndAGrantInAList:
    """A refusal waits for no list; where İYS holds no grant yet it goes again when the list ends."""

    @pytest.fixture
    def fatma(self, app, browser):
        return Person(browser, make.codes(app)[make.PHONE])

    def grant(self, app, fatma):
        """Fatma's grant, in a list."""
        fatma.decides(MESAJ="ONAY")
        with app.app_context():
            one = db.session.query(Submission).one()
            one.lane, one.endpoint = Lane.BULK, one.endpoint + "/request"
            one.due_at -= timedelta(minutes=1)  # Or it goes singly.
            db.session.commit()

    def test_the_refusal_is_asked_at_once_and_goes_when_the_grant_ends(self, app, fatma, sandbox, iys, rows):
        self.grant(app, fatma)
        make.forward_all(app, iys)
        with time_machine.travel(clock.now() + timedelta(seconds=5)):
            fatma.decides(MESAJ="RET")
            make.forward_all(app, iys)
        at_once = asked(sandbox, "multi_status")

        later(app, iys, minutes=6)

        assert at_once == 1
        assert [movement["status"] for movement in sandbox.movements()] == ["ONAY", "RET"]
        assert outcomes(rows) == {Outcome.ACCEPTED: 2}
        assert rows.one(Consent).iys_status == "RET"

    @pytest.mark.parametrize("seconds", [5, 45, pytest.param(250, marks=pytest.mark.long)])
    def test_the_refusal_is_at_iys_within_15_seconds_of_the_grant(self, app, fatma, sandbox, iys, rows, seconds):
        sandbox.set_list_timing(seconds=seconds)
        with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as now:
            self.grant(app, fatma)
            make.forward_all(app, iys)
            now.shift(SECOND)
            fatma.decides(MESAJ="RET")
            for _ in range(seconds + 14):
                make.forward_all(app, iys)
                now.shift(SECOND)

            assert [movement["status"] for movement in sandbox.movements()] == ["ONAY", "RET"]
            assert asked(sandbox, "multi_status") <= seconds / 10 + 3
            assert sandbox.ledger()["failures"] == 0

    def test_a_grant_that_a_feed_brings_wakes_its_refusal(self, app, fatma, sandbox, iys, rows):
        sandbox.set_list_timing(seconds=1200, laggards=0)
        self.grant(app, fatma)
        make.forward_all(app, iys)
        with time_machine.travel(clock.now() + timedelta(minutes=15)):
            fatma.decides(MESAJ="RET")
            make.forward_all(app, iys)
        payload = self.payload_of(app, rows(Submission)[0])
        with time_machine.travel(clock.now() + timedelta(minutes=15, seconds=5)):
            held = row("ONAY", consentDate=payload["consentDate"], source=payload["source"], ago=timedelta(0))
            MovementReceiver(app).receives(held)

            assert rows(Submission)[1].due_at <= clock.now()

    def payload_of(self, app, sent):
        with app.app_context():
            return json.loads(vault().open(sent.payload, Submission.PLACE, sent.provider_id, sent.id))

    def test_a_grant_that_comes_late_meets_the_refusal(self, app, fatma, sandbox, iys, rows):
        sandbox.acts(make.PHONE, "MESAJ", "ONAY", at=clock.now() - timedelta(hours=1))
        sandbox.set_list_timing(seconds=120)
        self.grant(app, fatma)
        make.forward_all(app, iys)
        with time_machine.travel(clock.now() + timedelta(seconds=5)):
            fatma.decides(MESAJ="RET")
            make.forward_all(app, iys)
        movements = [movement["status"] for movement in sandbox.movements()]

        later(app, iys, minutes=6)

        assert movements == ["ONAY", "RET"], "the refusal withdrew what İYS held, with the list still on its way"
        assert outcomes(rows) == {Outcome.ACCEPTED: 1, Outcome.OVERTAKEN: 1}
        assert rows.one(Consent).iys_status == "RET"


def test_no_payload_is_ever_changed(app, bring, sandbox, iys, rows):
    bring(5)
    with app.app_context():
        before = {
            each.id: json.loads(vault().open(each.payload, Submission.PLACE, each.provider_id, each.id))
            for each in rows(Submission)
        }
    sandbox.fault("bulk_add", "500-after-apply", count=2)
    for minutes in (0, 2, 4, 12, 14):
        later(app, iys, minutes=minutes)

    sent = {movement["recipient"]: movement["consentDate"] for movement in sandbox.movements()}
    assert sent == {payload["recipient"]: payload["consentDate"] for payload in before.values()}
