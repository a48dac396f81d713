"""What İYS's code does to a list, to an item of its result, and to refusals that were asked about together."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock, iys_protocol
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Operation
from portal.core.models import (
    Attempt,
    Brand,
    BulkRequest,
    BulkState,
    Connection,
    Consent,
    Credential,
    CredentialKind,
    Lane,
    Outcome,
    Submission,
)
from portal.domain.providers import sandbox_mode
from portal.services.iys import rate_limit
from portal.services.iys.client import Client
from portal.services.iys.forwarding import bulk_dispatch, bulk_lists, bulk_results, claims, expiry
from tests import grants, make
from tests.make import Person
from tests.portal.services.iys.forwarding.scripted import iys_that_says

pytestmark = pytest.mark.slow

SECOND = timedelta(seconds=1)
TEN_MINUTES = timedelta(minutes=10)
TAKEN = (202, {"requestId": "a-1"})
STORED_AT = datetime(2026, 11, 23, 7, tzinfo=UTC)  # What İYS writes as ten o'clock.
STORED = {"index": 0, "status": "success", "transactionId": "t-1", "creationDate": "2026-11-23 10:00:00"}


@pytest.fixture(autouse=True)
def standing_clock():
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as at:
        yield at


@pytest.fixture
def bring(app):
    def them(count, **facts):
        with app.app_context():
            grants.insert_decisions(make.brand(), grants.phones(count), clock.now(), **facts)

    return them


def says(code, status=400, **more):
    return status, {"errors": [{"code": code} | more]}


def fail_often(app):
    with app.app_context():
        rate_limit.add_to_tally(db.session, "add", clock.now(), calls=1000, failures=300)
        db.session.commit()


def in_order(rows):
    """The submissions by their numbers."""
    return sorted(rows(Submission), key=lambda each: each.bulk_index if each.bulk_index is not None else each.id)


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

    @pytest.mark.parametrize(
        ("code", "blocked", "open_"),
        [("H353", "blocked_until", "grants_blocked_until"), ("H525", "grants_blocked_until", "blocked_until")],
    )
    def test_what_blocks_the_provider_leaves_the_list_as_it_is(self, app, bring, rows, code, blocked, open_):
        bring(2)

        with iys_that_says(request=says(code, 403)) as iys:
            make.forward_all(app, iys)

        bulk, connection = rows.one(BulkRequest), rows.one(Connection)
        assert (bulk.state, bulk.attempts, bulk.due_at) == (BulkState.FORMED, 0, clock.now() + TEN_MINUTES)
        assert getattr(connection, blocked) == clock.now() + TEN_MINUTES and getattr(connection, open_) is None
        assert (connection.blocked_code, bulk.code) == (code, code)
        assert {(each.outcome, each.bulk_id, each.code) for each in rows(Submission)} == {
            (Outcome.BLOCKED, bulk.id, code)
        }

    def test_what_iys_may_have_stays_so_while_its_provider_is_blocked(self, app, bring, rows, standing_clock):
        bring(1)

        with iys_that_says(request=[(500, {}), says("H353", 403)]) as iys:
            make.forward_all(app, iys)
            standing_clock.shift(2 * SECOND)
            make.forward_all(app, iys)

        assert rows.one(Connection).blocked_code == "H353"
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
            grants.insert_decisions(make.brand(), grants.phones(1, first=10), clock.now())
        with iys_that_says(request=(202, {"requestId": "a-2"})) as iys:
            make.forward_all(app, iys)

        first, second = rows(BulkRequest)
        assert [each.bulk_id for each in rows(Submission)] == [first.id, second.id]
        assert (ended.outcome, ended.bulk_id) == (Outcome.ACCEPTED, first.id)


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
        ("code", "outcome"),
        [
            ("H467", Outcome.EXPIRED),
            ("H121", Outcome.PARKED),
            ("H174", Outcome.NOT_NEEDED),
            ("H178", Outcome.OVERTAKEN),
        ],
    )
    def test_an_item_that_failed_for_good_ends_by_its_code(self, answered, code, outcome):
        failed = {"index": 1, "status": "failure", "error": {"code": code}}

        accepted, ended, bulk = answered((200, [STORED, failed]))

        assert (accepted.outcome, accepted.transaction_id) == (Outcome.ACCEPTED, "t-1")
        assert (ended.outcome, ended.code, ended.due_at, ended.ended_at) == (outcome, code, None, clock.now())
        assert (bulk.state, bulk.due_at, bulk.ended_at) == (BulkState.ENDED, None, clock.now())

    def test_what_iys_holds_is_known_as_of_the_time_it_said(self, answered, rows):
        same = {"index": 1, "status": "failure", "error": {"code": "H174"}}

        accepted, ended, bulk = answered((200, [STORED, same]))

        known = {each.id: (each.iys_status, each.iys_as_of) for each in rows(Consent)}
        assert known[accepted.consent_id] == ("ONAY", accepted.accepted_at)
        assert known[ended.consent_id] == ("ONAY", bulk.sent_at)

    def test_of_an_item_that_was_overtaken_nobody_knows_what_iys_holds(self, answered, rows):
        newer = {"index": 1, "status": "failure", "error": {"code": "H178"}}

        accepted, ended, _ = answered((200, [STORED, newer]))

        known = {each.id: each.iys_status for each in rows(Consent)}
        assert (known[accepted.consent_id], known[ended.consent_id]) == ("ONAY", None)

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

    @pytest.mark.parametrize(
        ("code", "blocked", "open_"),
        [("H353", "blocked_until", "grants_blocked_until"), ("H525", "grants_blocked_until", "blocked_until")],
    )
    def test_an_item_that_blocks_its_provider_goes_with_another_list(self, answered, rows, code, blocked, open_):
        failed = {"index": 1, "status": "failure", "error": {"code": code}}

        _, waiting, _ = answered((200, [STORED, failed]))

        assert (waiting.outcome, waiting.bulk_id, waiting.code) == (Outcome.BLOCKED, None, code)
        assert waiting.due_at == clock.now() + TEN_MINUTES
        connection = rows.one(Connection)
        assert getattr(connection, blocked) == clock.now() + TEN_MINUTES and getattr(connection, open_) is None

    @pytest.mark.parametrize("code", ["H101", "H124"])
    def test_an_item_that_failed_for_now_goes_with_another_list_in_a_minute(self, answered, code):
        failed = {"index": 1, "status": "failure", "error": {"code": code}}

        _, waiting, bulk = answered((200, [STORED, failed]))

        assert (waiting.outcome, waiting.bulk_id, waiting.code) == (Outcome.WAITING, None, code)
        assert waiting.due_at == clock.now() + timedelta(minutes=1)
        assert bulk.state == BulkState.ENDED

    def test_missing_rights_for_a_result_block_the_provider_and_it_is_asked_again(self, answered, rows):
        *items, bulk = answered(says("H353", 403))

        connection = rows.one(Connection)
        assert (connection.blocked_code, connection.blocked_until) == ("H353", clock.now() + TEN_MINUTES)
        assert (bulk.state, bulk.due_at) == (BulkState.SENT, clock.now() + TEN_MINUTES)
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


class TestASingleSubmission:
    @pytest.fixture
    def sent(self, app, bring, rows):
        """A submission that İYS answered so."""

        def with_answer(answer, *, decided="ONAY", **more):
            bring(1, status=decided, lane=None, held="ONAY")
            with iys_that_says(consents=answer, **more) as iys:
                make.forward_all(app, iys, rounds=1)
            return rows.one(Submission)

        return with_answer

    @pytest.mark.parametrize(("code", "outcome"), [("H121", Outcome.PARKED), ("H467", Outcome.EXPIRED)])
    def test_what_iys_will_never_take_ends_now(self, sent, code, outcome):
        ended = sent(says(code, 422))

        assert (ended.outcome, ended.code, ended.due_at, ended.ended_at) == (outcome, code, None, clock.now())

    def test_a_refusal_that_iys_holds_already_needs_nothing(self, sent, rows):
        ended = sent(says("H174"), decided="RET")

        assert (ended.outcome, ended.code, ended.due_at) == (Outcome.NOT_NEEDED, "H174", None)
        assert (rows.one(Consent).iys_status, rows.one(Consent).iys_as_of) == ("RET", clock.now())

    def test_a_refusal_that_is_blocked_blocks_everything_of_its_provider(self, sent, rows):
        assert sent(says("H525", 422), decided="RET").outcome == Outcome.BLOCKED
        connection = rows.one(Connection)
        assert (connection.blocked_until, connection.grants_blocked_until) == (clock.now() + TEN_MINUTES, None)

    def test_what_was_taken_is_known_by_iys_and_frees_the_provider(self, app, sent, rows):
        with app.app_context():
            values = {"grants_blocked_until": clock.now(), "blocked_code": "H525"}
            db.session.query(Connection).update(values)
            db.session.commit()

        taken = sent((200, {"transactionId": "t-1", "creationDate": "2026-11-23 10:00:00"}))

        assert (taken.outcome, taken.transaction_id, taken.due_at) == (Outcome.ACCEPTED, "t-1", None)
        assert (taken.code, taken.ended_at, taken.attempts) == (None, clock.now(), 1)
        assert taken.accepted_at == STORED_AT
        connection = rows.one(Connection)
        assert (connection.blocked_until, connection.grants_blocked_until, connection.blocked_code) == (None,) * 3

    @pytest.mark.parametrize(("said", "known"), [({"creationDate": "2026-11-23 10:00:00"}, STORED_AT), ({}, None)])
    def test_what_iys_holds_already_of_the_same_date_was_taken_when_iys_says(self, sent, said, known):
        held = {"status": "ONAY", "consentDate": iys_protocol.format_wire_date(clock.now()), "transactionId": "t-1"}

        taken = sent(says("H178"), status=(200, held | said))

        assert (taken.outcome, taken.transaction_id) == (Outcome.ACCEPTED, "t-1")
        assert taken.accepted_at == (known or clock.now())

    @pytest.mark.parametrize("before", [Outcome.WAITING, Outcome.BLOCKED, Outcome.SENT])
    def test_what_was_blocked_waits_again_and_what_iys_may_have_stays_so(self, app, bring, rows, before):
        bring(1, lane=None)
        with app.app_context():
            db.session.query(Submission).update({"outcome": before})
            db.session.commit()

        with iys_that_says(consents=says("H124", 429)) as iys:
            make.forward_all(app, iys, rounds=1)

        assert rows.one(Submission).outcome == (Outcome.SENT if before == Outcome.SENT else Outcome.WAITING)

    def test_it_waits_until_iys_may_be_asked_what_it_holds_where_this_hours_questions_are_spent(self, app, sent):
        with app.app_context():
            most = rate_limit.PER_HOUR[Operation.STATUS]
            rate_limit.add_to_tally(db.session, Operation.STATUS, clock.now(), calls=most)
            db.session.commit()
            free_at = rate_limit.spent_until(db.session, Operation.STATUS, clock.now())

        waiting = sent(says("H178"))

        assert (waiting.outcome, waiting.code, waiting.attempts) == (Outcome.WAITING, "H178", 0)
        assert waiting.due_at == free_at > clock.now() + timedelta(minutes=59)

    def test_a_limit_is_waited_for_a_second_or_two_and_is_no_failed_attempt(self, sent):
        waiting = sent(says("H124", 429))

        assert (waiting.outcome, waiting.code, waiting.attempts) == (Outcome.WAITING, "H124", 0)
        assert clock.now() + SECOND <= waiting.due_at <= clock.now() + 2 * SECOND

    def test_a_limit_on_asking_what_iys_holds_is_waited_for_too(self, sent):
        waiting = sent(says("H178"), status=says("H086", 429))

        assert (waiting.outcome, waiting.code, waiting.attempts) == (Outcome.WAITING, "H086", 0)
        assert clock.now() + SECOND <= waiting.due_at <= clock.now() + 2 * SECOND

    def test_what_iys_holds_instead_is_known_as_of_the_question(self, sent, rows):
        held = {"status": "RET", "consentDate": "2026-11-23 10:00:00"}

        ended = sent(says("H178"), status=(200, held))

        assert (ended.outcome, ended.code, ended.ended_at) == (Outcome.OVERTAKEN, "H178", clock.now())
        assert (rows.one(Consent).iys_status, rows.one(Consent).iys_as_of) == ("RET", clock.now())


class TestRefusalsAskedAboutTogether:
    @pytest.fixture
    def refused(self, app, bring, rows):
        """Three refusals, by id, after İYS gave this answer to the question about them."""

        def with_answer(answer, rounds=1):
            bring(3, status="RET", lane=None)
            with iys_that_says(MESAJ=answer, consents=(200, {"transactionId": "t-1"})) as iys:
                make.forward_all(app, iys, rounds=rounds)
            return rows(Submission)

        return with_answer

    def test_those_that_are_not_listed_need_nothing_and_the_others_are_sent(self, refused, rows):
        absent, held, _ = refused((200, {"list": [grants.phones(3)[1]]}))

        assert (absent.outcome, absent.due_at, absent.ended_at) == (Outcome.NOT_NEEDED, None, clock.now())
        assert (held.outcome, held.due_at, held.attempts) == (Outcome.WAITING, held.created_at, 0)
        known = rows.one(Consent, Consent.id == held.consent_id)
        assert (known.iys_status, known.iys_as_of) == ("ONAY", clock.now())

    def test_each_keeps_what_iys_said_of_its_own_address(self, app, refused, rows):
        _, held, _ = refused((200, {"list": [grants.phones(3)[1]]}))

        with app.app_context():
            said = {
                each.submission_id: json.loads(vault().open(each.answer, Attempt.PLACE, each.provider_id, each.id))
                for each in rows(Attempt)
            }
        assert said.pop(held.id) == {"list": [grants.phones(3)[1]]}
        assert list(said.values()) == [{"list": []}] * 2

    def test_an_address_that_iys_names_is_parked_and_the_others_stay_due(self, refused):
        first, named, last = refused(says("H464", 422, location=["recipients", 1]))

        assert (named.outcome, named.code, named.due_at) == (Outcome.PARKED, "H464", None)
        for other in (first, last):
            assert (other.outcome, other.due_at, other.attempts) == (Outcome.WAITING, other.created_at, 0)

    @pytest.mark.parametrize("location", [["recipients"], ["recipient", 1], None])
    def test_an_error_that_names_none_sends_the_first_by_itself(self, refused, location):
        outcomes = [each.outcome for each in refused(says("H478", 422, location=location))]

        assert outcomes == [Outcome.ACCEPTED, Outcome.WAITING, Outcome.WAITING]

    @pytest.mark.parametrize("status", [404, 405, 501])
    def test_an_iys_that_does_not_offer_the_question_gets_the_first_by_itself(self, refused, status):
        outcomes = [each.outcome for each in refused((status, {}))]

        assert outcomes == [Outcome.ACCEPTED, Outcome.WAITING, Outcome.WAITING]

    def test_missing_rights_block_all_of_them(self, refused, rows):
        for each in refused(says("H353", 403)):
            assert (each.outcome, each.code, each.due_at) == (Outcome.BLOCKED, "H353", clock.now() + TEN_MINUTES)
        assert rows.one(Connection).blocked_until == clock.now() + TEN_MINUTES
        assert {(each.http_status, each.code) for each in rows(Attempt)} == {(403, "H353")}

    def test_a_limit_is_waited_for_and_is_no_failed_attempt(self, refused):
        for each in refused(says("H124", 429)):
            assert (each.outcome, each.code, each.attempts) == (Outcome.WAITING, "H124", 0)
            assert each.due_at == clock.now() + 2 * SECOND

    def test_no_answer_is_a_failed_attempt(self, refused):
        for each in refused((500, {})):
            assert (each.outcome, each.code, each.attempts) == (Outcome.WAITING, None, 1)
            assert clock.now() + SECOND / 2 <= each.due_at <= clock.now() + SECOND

    def test_one_that_cannot_be_opened_is_parked_and_the_others_are_asked_about(self, app, bring, rows):
        bring(2, status="RET", lane=None)
        with app.app_context():
            damaged = db.session.scalar(select(Submission).order_by(Submission.id).limit(1))
            damaged.payload = damaged.payload[:-1] + b"\0"
            db.session.commit()

        with iys_that_says(MESAJ=(200, {"list": []})) as iys:
            make.forward_all(app, iys)

        outcomes = [each.outcome for each in rows(Submission)]
        assert outcomes == [Outcome.PARKED, Outcome.NOT_NEEDED]
        assert rows.count(Attempt) == 1


class TestARefusalBehindAGrant:
    @pytest.fixture
    def decided(self, app, browser, rows, standing_clock):
        """Fatma granted, and refused five seconds later; İYS was asked nothing yet."""
        fatma = Person(browser, make.codes(app)[make.PHONE])
        fatma.decides(MESAJ="ONAY")
        standing_clock.shift(5 * SECOND)
        fatma.decides(MESAJ="RET")

    def change(self, app, status, **values):
        with app.app_context():
            db.session.query(Submission).filter_by(status=status).update(values)
            db.session.commit()

    def is_due(self, app, rows) -> bool:
        with app.app_context():
            due = claims.oldest_due(db.session, clock.now(), Lane.REFUSALS)
        return due == rows.one(Submission, Submission.status == "RET").id

    @pytest.mark.parametrize(
        ("code", "passes"), [(None, True), ("H124", True), ("H174", False), ("H175", False), ("absent", False)]
    )
    def test_it_passes_by_a_list_unless_iys_said_that_it_holds_no_grant(self, app, decided, rows, code, passes):
        self.change(app, "ONAY", lane=Lane.BULK)
        self.change(app, "RET", code=code)

        assert self.is_due(app, rows) == passes

    @pytest.mark.parametrize(("attempts", "passes"), [(0, False), (1, False), (2, True)])
    def test_it_passes_by_a_grant_that_failed_twice(self, app, decided, rows, attempts, passes):
        self.change(app, "ONAY", attempts=attempts)

        assert self.is_due(app, rows) == passes

    def test_it_waits_ten_minutes_for_a_list(self, app, decided, rows):
        self.change(app, "ONAY", lane=Lane.BULK, endpoint=Submission.endpoint + "/request")
        with iys_that_says(request=TAKEN, MESAJ=(200, {"list": []})) as iys:
            make.forward_all(app, iys)

        refusal = rows.one(Submission, Submission.status == "RET")
        assert (refusal.outcome, refusal.code, refusal.attempts) == (Outcome.WAITING, "absent", 0)
        assert refusal.due_at == clock.now() + TEN_MINUTES

    def test_it_waits_for_no_grant_that_ended(self, app, decided, rows):
        self.change(app, "ONAY", outcome=Outcome.PARKED, due_at=None)
        with iys_that_says(MESAJ=(200, {"list": []})) as iys:
            make.forward_all(app, iys)

        assert rows.one(Submission, Submission.status == "RET").outcome == Outcome.NOT_NEEDED

    @pytest.mark.parametrize(("outcome", "passes"), [(Outcome.ACCEPTED, False), (Outcome.PARKED, True)])
    def test_it_waits_a_second_after_a_grant_that_iys_took(self, app, decided, rows, standing_clock, outcome, passes):
        accepted_at = clock.now() if outcome == Outcome.ACCEPTED else None
        self.change(app, "ONAY", outcome=outcome, due_at=None, accepted_at=accepted_at, ended_at=clock.now())

        at_once = self.is_due(app, rows)
        standing_clock.shift(SECOND)

        assert (at_once, self.is_due(app, rows)) == (passes, True)


def test_a_thousand_refusals_are_asked_about_together(app, bring):
    bring(1002, status="RET", lane=None)

    with app.app_context():
        taken = claims.claim_due_submissions(db.session, clock.now())

    assert len(taken) == 1000


def test_what_is_in_a_list_that_may_have_left_does_not_expire(app, bring, rows, standing_clock):
    bring(1)
    with app.app_context():
        bulk_lists.claim_list_to_send(db.session, clock.now())
        standing_clock.move_to(rows.one(Submission).lenient_deadline + SECOND)

        assert not expiry.expire_late_submissions(None)
    assert rows.one(Submission).outcome == Outcome.WAITING


def test_as_many_expire_at_once_as_a_transaction_should_hold_those_first_that_ended_first(app, bring, rows):
    bring(expiry.BATCH + 1)
    first = rows(Submission)[-1]
    with app.app_context():
        theirs = db.session.query(Submission).filter_by(id=first.id)
        theirs.update({"lenient_deadline": first.lenient_deadline - SECOND})
        db.session.commit()
    with time_machine.travel(first.lenient_deadline + SECOND, tick=False), app.app_context():
        assert expiry.expire_late_submissions(None)
        expired = {each.id for each in rows(Submission, Submission.outcome == Outcome.EXPIRED)}
        assert len(expired) == expiry.BATCH and first.id in expired
        assert expiry.expire_late_submissions(None) and not expiry.expire_late_submissions(None)
    assert {each.outcome for each in rows(Submission)} == {Outcome.EXPIRED}


def test_a_thousand_peoples_grants_that_waited_too_long_move_into_a_list_at_once(app, bring, rows, standing_clock):
    bring(1001, lane=None)
    standing_clock.shift(timedelta(minutes=1))

    with app.app_context():
        bulk_lists.move_waiting_people(db.session, clock.now())

    assert sum(each.lane == Lane.BULK for each in rows(Submission)) == 1000


class TestSeveralProviders:
    """Each has a brand of its own, whose decisions these are."""

    @pytest.fixture
    def brands(self, app) -> list[Brand]:
        with app.app_context():
            make.provider()
            make.provider(iys_code=800001, brand_code=800001, email="cem@example.com")
            return list(db.session.scalars(select(Brand).order_by(Brand.id)))

    def bring(self, app, brand: Brand, minutes_ago: int, **facts) -> None:
        with app.app_context():
            phones, at = grants.phones(1, first=minutes_ago), clock.now() - timedelta(minutes=minutes_ago)
            grants.insert_decisions(brand, phones, at, codes=(brand.brand_code,) * 2, **facts)

    def practises(self, app, brand: Brand) -> None:
        """The provider's account is one of the sandbox's."""
        with app.app_context():
            theirs = db.session.query(Credential).filter_by(provider_id=brand.provider_id)
            theirs.update({"kind": CredentialKind.SANDBOX})
            db.session.commit()

    def of_the_sandbox(self, app, iys: Client) -> Client:
        app.config["SANDBOX_URL"] = iys.base_url
        return Client(iys.base_url, is_sandbox=True)

    @pytest.mark.parametrize("waits_longest", [0, 1])
    def test_whichever_waits_longest_of_those_that_may_go_goes_first(self, app, brands, rows, waits_longest):
        self.bring(app, brands[1 - waits_longest], 1, lane=None)
        self.bring(app, brands[1 - waits_longest], 4, lane=Lane.BULK)
        self.bring(app, brands[waits_longest], 2, lane=None)
        self.bring(app, brands[waits_longest], 3, lane=None)

        with app.app_context():
            oldest = claims.oldest_due(db.session, clock.now(), Lane.PEOPLE)

        assert oldest == rows(Submission)[-1].id

    @pytest.mark.parametrize(("enabled", "goes"), [(None, False), (SECOND, False), (timedelta(0), True)])
    def test_nothing_of_a_provider_goes_before_sending_was_enabled(self, app, brands, enabled, goes):
        self.bring(app, brands[0], 1, lane=None)
        with app.app_context():
            enabled_at = None if enabled is None else clock.now() + enabled
            db.session.query(Connection).update({"forwarding_enabled_at": enabled_at})
            db.session.commit()

            assert (claims.oldest_due(db.session, clock.now(), Lane.PEOPLE) is not None) == goes

    def test_a_refusal_in_sandbox_mode_holds_up_no_list_of_another_provider(self, app, brands, rows):
        self.practises(app, brands[1])
        self.bring(app, brands[0], 1)
        self.bring(app, brands[1], 1, lane=None, status="RET")

        with iys_that_says(request=TAKEN) as iys, app.app_context():
            assert bulk_dispatch.send_next_list(iys)
        assert rows.one(BulkRequest).state == BulkState.SENT

    def test_a_list_in_sandbox_mode_waits_for_the_refusals_there(self, app, brands, rows):
        self.practises(app, brands[1])
        self.bring(app, brands[1], 1)
        self.bring(app, brands[1], 2, lane=None, status="RET")

        with iys_that_says() as iys, app.app_context():
            assert not bulk_dispatch.send_next_list(self.of_the_sandbox(app, iys))
        assert rows(BulkRequest) == []

    def test_a_result_in_sandbox_mode_waits_for_the_refusals_there(self, app, brands, rows):
        self.practises(app, brands[1])
        self.bring(app, brands[1], 1)
        with app.app_context():
            bulk_lists.claim_list_to_send(db.session, clock.now(), is_sandbox=True)
            db.session.query(BulkRequest).update({"state": BulkState.SENT, "sent_at": clock.now(), "lease_until": None})
            db.session.commit()
        self.bring(app, brands[1], 2, lane=None, status="RET")

        with iys_that_says() as iys, app.app_context():
            assert not bulk_results.fetch_next_result(self.of_the_sandbox(app, iys))
        assert rows.one(BulkRequest).due_at == clock.now()
