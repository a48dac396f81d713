"""What İYS's code does to a list that it is sent."""

import json
from datetime import timedelta

import pytest

from portal.core import clock, iys_protocol
from portal.core.extensions import db, vault
from portal.core.models import Attempt, BulkRequest, BulkState, ForwardingHold, Outcome, Submission
from portal.domain.providers import sandbox_mode
from portal.services.iys.forwarding import bulk_lists
from tests import grants, make
from tests.portal.services.iys.forwarding.code_effects.conftest import (
    SECOND,
    STORED,
    TAKEN,
    TEN_MINUTES,
    fail_often,
    in_order,
    says,
)
from tests.portal.services.iys.forwarding.scripted import iys_that_says

pytestmark = pytest.mark.slow


class TestAList:
    def test_an_address_that_is_twice_in_a_list_goes_with_the_next(self, app, bring, rows, standing_clock):
        bring(2)
        answers = [says("H194", 422, index=0), TAKEN, (202, {"requestId": "a-2"})]

        with iys_that_says(request=answers) as iys:
            make.forward_all(app, iys)
            left = rows.one(Submission, Submission.code == "H194")
            standing_clock.shift(2 * SECOND)
            make.forward_all(app, iys)

        assert (left.outcome, left.bulk_id, left.due_at) == (Outcome.WAITING, None, clock.now())
        assert rows.one(Attempt).code == "H194"
        assert [(each.request_id, each.size) for each in rows(BulkRequest)] == [("a-1", 1), ("a-2", 1)]
        assert {each.outcome for each in rows(Submission)} == {Outcome.SENT}

    def test_the_names_of_a_list_are_those_of_its_items(self, app, bring, rows):
        bring(3)
        items = [
            {"recipient": phone.upper(), "type": "MESAJ", "recipientType": "BIREYSEL", name: f"s-{phone[-1]}"}
            for phone, name in zip(grants.phones(3)[::-1], ["subRequestId", "subrequestId", "name"], strict=True)
        ]

        with iys_that_says(request=(200, {"requestId": "a-1", "subRequests": items})) as iys:
            make.forward_all(app, iys)

        assert [each.sub_request_id for each in in_order(rows)] == [None, "s-1", "s-2"]
        assert [each.attempts for each in rows(Submission)] == [1, 1, 1]
        sent = rows.one(BulkRequest)
        assert (sent.state, sent.sent_at, sent.due_at) == (BulkState.SENT, clock.now(), clock.now() + 300 * SECOND)

    @pytest.mark.parametrize("code", ["H091", "H467", "H174", "H178"])
    def test_a_list_that_is_refused_whole_is_left_to_a_person(self, app, bring, rows, code):
        bring(2)

        with iys_that_says(request=says(code, 422)) as iys:
            make.forward_all(app, iys)

        for each in (rows.one(BulkRequest), *rows(Submission)):
            assert (each.due_at, each.code, each.ended_at) == (None, code, clock.now())
        assert rows.one(BulkRequest).state == BulkState.ENDED
        assert {each.outcome for each in rows(Submission)} == {Outcome.PARKED}

    def test_an_item_too_old_leaves_the_list_and_ends(self, app, bring, rows):
        bring(1)

        with iys_that_says(request=says("H467", 422, index=0)) as iys:
            make.forward_all(app, iys)

        expired, bulk = rows.one(Submission), rows.one(BulkRequest)
        assert (expired.outcome, expired.due_at, expired.ended_at) == (Outcome.EXPIRED, None, clock.now())
        assert (bulk.state, bulk.size, bulk.due_at, bulk.ended_at) == (BulkState.ENDED, 0, None, clock.now())
        attempt = rows.one(Attempt)
        assert (attempt.submission_id, attempt.http_status, attempt.code) == (expired.id, 422, "H467")
        with app.app_context():
            said = vault().open(attempt.answer, Attempt.PLACE, attempt.provider_id, attempt.id)
        assert json.loads(said) == {"code": "H467"}

    @pytest.mark.parametrize(("status", "code"), [(429, "H124"), (401, "H351")])
    def test_a_list_that_iys_did_not_take_in_has_failed_no_attempt(self, app, bring, rows, status, code):
        bring(1)

        with iys_that_says(request=says(code, status)) as iys:
            make.forward_all(app, iys, rounds=1)

        waiting = rows.one(BulkRequest)
        assert (waiting.state, waiting.attempts, waiting.code) == (BulkState.FORMED, 0, code)
        assert clock.now() + SECOND <= waiting.due_at <= clock.now() + 2 * SECOND
        assert rows.one(Submission).outcome == Outcome.WAITING

    @pytest.mark.parametrize("code", ["H353", "H355", "H520", "H525"])
    def test_what_is_held_leaves_the_list_as_it_is(self, app, bring, rows, code):
        bring(2)

        with iys_that_says(request=says(code, 403)) as iys:
            make.forward_all(app, iys)

        bulk, hold = rows.one(BulkRequest), rows.one(ForwardingHold)
        assert (bulk.state, bulk.attempts) == (BulkState.FORMED, 0)
        assert (hold.brand_id or bulk.brand_id, hold.channel or bulk.channel) == (bulk.brand_id, bulk.channel)
        assert (hold.code, bulk.code, hold.until) == (code, code, bulk.due_at)
        assert {(each.outcome, each.bulk_id, each.code) for each in rows(Submission)} == {
            (Outcome.BLOCKED, bulk.id, code)
        }

    def test_what_iys_may_have_stays_so_while_its_provider_is_blocked(self, app, bring, rows, standing_clock):
        bring(1)

        with iys_that_says(request=[(500, {}), says("H353", 403)]) as iys:
            make.forward_all(app, iys)
            standing_clock.shift(2 * SECOND)
            make.forward_all(app, iys)

        assert "H353" in {hold.code for hold in rows(ForwardingHold)}
        assert (rows.one(Submission).outcome, rows.one(BulkRequest).attempts) == (Outcome.SENT, 1)

    def test_a_list_that_waits_is_held_when_too_much_fails(self, app, bring, rows, standing_clock):
        bring(2)
        with iys_that_says(request=(500, {})) as iys:
            make.forward_all(app, iys)
            fail_often(app)
            standing_clock.shift(timedelta(minutes=1))
            make.forward_all(app, iys)

        held = rows.one(BulkRequest)
        assert (held.state, held.due_at) == (BulkState.HELD, clock.now() + timedelta(minutes=1))

    def test_a_list_that_is_being_sent_is_not_held(self, app, bring, rows):
        bring(2)
        with app.app_context():
            bulk_lists.claim_list_to_send(db.session, clock.now())
        fail_often(app)

        with app.app_context():
            assert bulk_lists.claim_list_to_send(db.session, clock.now() + SECOND) is None
        assert rows.one(BulkRequest).state == BulkState.FORMED

    def test_a_list_that_may_go_nowhere_waits_and_has_failed_no_attempt(self, app, bring, rows):
        bring(1)
        self.move_to_exempt_codes(app, Submission)

        with iys_that_says() as iys:
            make.forward_all(app, iys, rounds=1)

        waiting = rows.one(BulkRequest)
        assert (waiting.state, waiting.attempts, waiting.code) == (BulkState.FORMED, 0, sandbox_mode.EXEMPT)
        assert waiting.due_at == clock.now() + TEN_MINUTES

    def test_a_result_that_may_not_be_asked_for_now_is_asked_for_later(self, app, bring, rows, standing_clock):
        bring(1)
        with iys_that_says(request=TAKEN) as iys:
            make.forward_all(app, iys)
            self.move_to_exempt_codes(app, BulkRequest)
            standing_clock.shift(300 * SECOND)
            make.forward_all(app, iys, rounds=1)

        assert (rows.one(BulkRequest).state, rows.one(BulkRequest).due_at) == (
            BulkState.SENT, clock.now() + TEN_MINUTES,
        )  # fmt: skip

    def move_to_exempt_codes(self, app, model):
        """As if its provider need tell İYS nothing any more."""
        with app.app_context():
            code = sandbox_mode.EXEMPT_CODES.start
            db.session.query(model).update({"endpoint": iys_protocol.bulk_add_path(code, code)})
            db.session.commit()

    def test_what_ended_in_another_list_stays_in_it(self, app, bring, rows, standing_clock):
        bring(1)
        with iys_that_says(request=TAKEN, result=(200, [STORED])) as iys:
            make.forward_all(app, iys)
            standing_clock.shift(300 * SECOND)
            make.forward_all(app, iys)
        (ended,) = rows(Submission)
        with app.app_context():
            grants.insert_decisions(make.brand(), grants.phones(1, first=10), clock.now() - timedelta(minutes=1))
        with iys_that_says(request=(202, {"requestId": "a-2"})) as iys:
            make.forward_all(app, iys)

        first, second = rows(BulkRequest)
        assert [each.bulk_id for each in rows(Submission)] == [first.id, second.id]
        assert (ended.outcome, ended.bulk_id) == (Outcome.ACCEPTED, first.id)
