"""What İYS's code does to a list whose result is asked for, and to each item of it."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import BulkRequest, BulkState, Consent, ForwardingHold, Outcome, Submission
from portal.services.iys.forwarding import bulk_lists
from tests import make
from tests.portal.services.iys.forwarding.code_effects.conftest import SECOND, STORED, TAKEN, in_order, says
from tests.portal.services.iys.forwarding.scripted import iys_that_says

pytestmark = pytest.mark.slow


class TestAResult:
    @pytest.fixture
    def answered(self, app, bring, rows, standing_clock):
        """The two items of a list whose result is this, five minutes later, and the list."""

        def with_result(result, **more):
            bring(2)
            with iys_that_says(request=[TAKEN, (202, {"requestId": "a-2"})], result=result, **more) as iys:
                make.forward_all(app, iys)
                standing_clock.shift(300 * SECOND)
                make.forward_all(app, iys)
            return *in_order(rows), rows(BulkRequest)[0]

        return with_result

    @pytest.mark.parametrize(
        ("code", "outcome"), [("H467", Outcome.EXPIRED), ("H121", Outcome.PARKED), ("H178", Outcome.OVERTAKEN)]
    )
    def test_an_item_that_failed_for_good_ends_by_its_code(self, answered, code, outcome):
        failed = {"index": 1, "status": "failure", "error": {"code": code}}

        accepted, ended, bulk = answered((200, [STORED, failed]))

        assert (accepted.outcome, accepted.transaction_id) == (Outcome.ACCEPTED, "t-1")
        assert (ended.outcome, ended.code, ended.due_at, ended.ended_at) == (outcome, code, None, clock.now())
        assert (bulk.state, bulk.due_at, bulk.ended_at) == (BulkState.ENDED, None, clock.now())

    def test_an_item_that_failed_without_a_code_is_left_to_a_person(self, answered):
        _, parked, bulk = answered((200, [STORED, {"index": 1, "status": "failure"}]))

        assert (parked.outcome, parked.code, bulk.state) == (Outcome.PARKED, None, BulkState.ENDED)

    def test_what_iys_holds_is_known_as_of_the_time_it_said(self, answered, rows):
        refused = {"index": 1, "status": "failure", "error": {"code": "H174"}}

        accepted, ended, bulk = answered((200, [STORED, refused]))

        known = {each.id: (each.iys_status, each.iys_as_of) for each in rows(Consent)}
        assert known[accepted.consent_id] == ("ONAY", accepted.accepted_at)
        assert known[ended.consent_id] == (None, bulk.sent_at)

    def test_items_count_as_of_iys_clock_where_ours_is_ahead(self, answered, rows):
        """By three minutes: also the item of which İYS tells no date, and the one that it says it does not hold."""
        undated = {name: STORED[name] for name in ("index", "status", "transactionId")}
        held = {"index": 1, "status": "failure", "error": {"code": "H174"}}

        accepted, ended, bulk = answered((200, [undated, held]), behind=180 * SECOND)

        known = {each.id: (each.iys_status, each.iys_as_of) for each in rows(Consent)}
        assert known[accepted.consent_id] == ("ONAY", clock.now() - 180 * SECOND)
        assert known[ended.consent_id] == (None, bulk.sent_at - 180 * SECOND)

    def test_of_an_item_that_was_overtaken_nobody_knows_what_iys_holds(self, answered, rows):
        newer = {"index": 1, "status": "failure", "error": {"code": "H178"}}

        accepted, ended, _ = answered((200, [STORED, newer]))

        known = {each.id: each.iys_status for each in rows(Consent)}
        assert (known[accepted.consent_id], known[ended.consent_id]) == ("ONAY", None)

    @pytest.mark.parametrize("code", ["H174", "H175", "H401"])
    def test_an_item_that_iys_says_it_does_not_hold_is_parked_and_allows_nothing(self, answered, rows, code):
        _, parked, _ = answered((200, [STORED, {"index": 1, "status": "failure", "error": {"code": code}}]))

        assert (parked.outcome, parked.code, parked.due_at) == (Outcome.PARKED, code, None)
        assert rows.one(Consent, Consent.id == parked.consent_id).iys_status is None

    def test_what_was_learned_since_is_kept_of_an_item_that_was_overtaken(self, app, bring, rows, standing_clock):
        bring(1)
        newer = {"index": 0, "status": "failure", "error": {"code": "H178"}}
        with iys_that_says(request=TAKEN, result=(200, [newer])) as iys:
            make.forward_all(app, iys)
            standing_clock.shift(300 * SECOND)
            with app.app_context():
                db.session.query(Consent).update({"iys_status": "RET", "iys_as_of": clock.now() - SECOND})
                db.session.commit()
            make.forward_all(app, iys)

        assert (rows.one(Submission).outcome, rows.one(Consent).iys_status) == (Outcome.OVERTAKEN, "RET")

    @pytest.mark.parametrize("code", ["H353", "H525"])
    def test_an_item_that_is_held_goes_with_another_list(self, answered, rows, code):
        failed = {"index": 1, "status": "failure", "error": {"code": code}}

        _, waiting, _ = answered((200, [STORED, failed]))

        assert (waiting.outcome, waiting.bulk_id, waiting.code) == (Outcome.BLOCKED, None, code)
        assert waiting.due_at == rows.one(ForwardingHold).until > clock.now()

    @pytest.mark.parametrize("code", ["H101", "H124"])
    def test_an_item_that_failed_for_now_goes_with_another_list_in_a_minute(self, answered, code):
        failed = {"index": 1, "status": "failure", "error": {"code": code}}

        _, waiting, bulk = answered((200, [STORED, failed]))

        assert (waiting.outcome, waiting.bulk_id, waiting.code) == (Outcome.WAITING, None, code)
        assert waiting.due_at == clock.now() + timedelta(minutes=1)
        assert bulk.state == BulkState.ENDED

    def test_missing_rights_for_a_result_hold_the_brand_and_it_is_asked_again(self, answered, rows):
        *items, bulk = answered(says("H353", 403))

        hold = rows.one(ForwardingHold)
        assert (hold.code, hold.brand_id) == ("H353", bulk.brand_id)
        assert (bulk.state, bulk.due_at) == (BulkState.SENT, hold.until)
        assert {item.outcome for item in items} == {Outcome.SENT}

    def test_a_list_that_iys_does_not_know_is_sent_as_another(self, answered, rows):
        *items, bulk = answered(says("H092", 400))

        assert (bulk.state, bulk.code, bulk.due_at, bulk.ended_at) == (BulkState.ENDED, "lost", None, clock.now())
        assert {item.bulk_id for item in items} == {rows(BulkRequest)[1].id}
        assert [each.size for each in rows(BulkRequest)] == [2, 2]

    @pytest.mark.parametrize(
        ("result", "longest"), [((500, {}), 60), (says("H124", 429), 5), (says("H351", 401), 5), ((200, []), 60)]
    )
    def test_a_result_that_is_not_there_is_asked_for_again(self, answered, result, longest):
        *items, bulk = answered(result)

        assert bulk.state == BulkState.SENT
        assert clock.now() < bulk.due_at <= clock.now() + longest * SECOND
        assert {item.outcome for item in items} == {Outcome.SENT}

    def test_later_results_without_names_count_for_the_places_in_what_was_sent(
        self, app, bring, rows, standing_clock, may_send
    ):
        """Also where an item left the list before it was sent, and another one after its first result."""
        bring(4)
        gone, *sent = [each.id for each in rows(Submission)]
        for_now = {"index": 0, "status": "failure", "error": {"code": "H101"}}
        newer = {"index": 2, "status": "failure", "error": {"code": "H178"}}
        results = [(200, [for_now]), (200, [for_now, STORED | {"index": 1}, newer])]
        with iys_that_says(request=[TAKEN, (202, {"requestId": "a-2"})], result=results) as iys:
            with app.app_context():
                listed = bulk_lists.claim_list_to_send(db.session, clock.now())
                db.session.query(Submission).filter_by(id=gone).update({"outcome": Outcome.NOT_NEEDED, "due_at": None})
                db.session.query(BulkRequest).update({"lease_until": None, "attempts": 0})
                db.session.commit()
            make.forward_all(app, iys, rounds=1)
            for pause in (300, 60):
                standing_clock.shift(pause * SECOND)
                make.forward_all(app, iys)

        again, stored, overtaken = (rows.one(Submission, Submission.id == each) for each in sent)
        assert again.bulk_id not in (None, listed.id)
        assert (stored.outcome, stored.transaction_id) == (Outcome.ACCEPTED, "t-1")
        left = rows.one(Consent, Consent.id == overtaken.consent_id)
        assert (overtaken.outcome, left.iys_status, may_send(left)) == (Outcome.OVERTAKEN, None, False)
