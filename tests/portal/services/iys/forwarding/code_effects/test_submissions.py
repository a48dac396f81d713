"""What İYS's code does to a single submission, to refusals asked about together, and to one behind a grant."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.core import clock, iys_protocol
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Operation
from portal.core.models import Attempt, CallTally, Consent, ForwardingHold, Lane, Outcome, Submission
from portal.services.iys import rate_limit
from portal.services.iys.client import IysAnswer
from portal.services.iys.forwarding import claims, outcomes
from tests import grants, make
from tests.make import Person
from tests.portal.services.iys.forwarding.code_effects.conftest import (
    MINUTE,
    SECOND,
    STORED_AT,
    TAKEN,
    TEN_MINUTES,
    says,
)
from tests.portal.services.iys.forwarding.scripted import iys_that_says

pytestmark = pytest.mark.slow


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

    @pytest.mark.parametrize("code", ["H175", "H401"])
    def test_a_grant_that_iys_says_it_does_not_hold_is_parked_and_allows_nothing(self, sent, rows, code):
        parked = sent(says(code))

        assert (parked.outcome, parked.code, parked.due_at) == (Outcome.PARKED, code, None)
        assert rows.one(Consent).iys_status is None

    def test_a_refusal_that_iys_holds_already_needs_nothing(self, sent, rows):
        held = {"status": "RET", "consentDate": "2026-11-23 10:00:00"}
        ended = sent(says("H174"), decided="RET", status=(200, held))

        assert (ended.outcome, ended.code, ended.due_at) == (Outcome.NOT_NEEDED, "H174", None)
        assert (rows.one(Consent).iys_status, rows.one(Consent).iys_as_of) == ("RET", clock.now())

    @pytest.mark.parametrize(("code", "of_brand", "channel"), [
        ("H520", False, ""), ("H525", False, ""), ("H353", True, ""), ("H018", True, ""), ("H355", True, "MESAJ"),
    ])  # fmt: skip
    def test_a_code_holds_what_it_concerns(self, sent, rows, code, of_brand, channel):
        held = sent(says(code, 403), decided="RET")

        hold, consent = rows.one(ForwardingHold), rows.one(Consent)
        assert (hold.brand_id, hold.channel) == (consent.brand_id if of_brand else 0, channel)
        assert (held.outcome, held.due_at) == (Outcome.BLOCKED, hold.until)
        assert clock.now() + 0.75 * MINUTE <= hold.until <= clock.now() + 1.25 * MINUTE

    def test_what_was_taken_is_known_by_iys_and_ends_its_holds(self, app, sent, rows):
        with app.app_context():
            make.hold("H525", until=clock.now())

        taken = sent((200, {"transactionId": "t-1", "creationDate": "2026-11-23 10:00:00"}))

        assert (taken.outcome, taken.transaction_id, taken.due_at) == (Outcome.ACCEPTED, "t-1", None)
        assert (taken.code, taken.ended_at, taken.attempts) == (None, clock.now(), 1)
        assert taken.accepted_at == STORED_AT
        assert rows(ForwardingHold) == []

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

    @pytest.mark.parametrize("status", ["ONAY", "RET"])
    def test_a_grant_that_iys_holds_counts_as_of_its_clock_where_ours_is_ahead_and_a_refusal_by_ours(
        self, app, bring, rows, status
    ):
        bring(1, lane=None)
        held = {"status": status, "consentDate": "2026-11-23 10:00:00"}

        with iys_that_says(behind=3 * MINUTE, consents=says("H178"), status=(200, held)) as iys:
            make.forward_all(app, iys, rounds=1)

        known_at = clock.now() - (3 * MINUTE if status == "ONAY" else 0 * MINUTE)
        assert (rows.one(Consent).iys_status, rows.one(Consent).iys_as_of) == (status, known_at)

    @pytest.mark.parametrize("answer", [(200, {}), (200, {"status": "BEKLIYOR"}), (404, b"<html>")])
    def test_it_waits_ten_minutes_at_last_where_iys_tells_no_status(self, app, bring, rows, answer):
        bring(1, status="RET", lane=None, held="ONAY")
        with app.app_context():
            db.session.query(Submission).update({"attempts": 20})
            db.session.commit()

        with iys_that_says(consents=says("H174"), status=answer) as iys:
            make.forward_all(app, iys, rounds=1)

        assert 0.75 * TEN_MINUTES <= rows.one(Submission).due_at - clock.now() <= 1.25 * TEN_MINUTES

    def test_it_waits_a_minute_at_most_where_iys_does_not_answer(self):
        assert max(outcomes.backoff(20, IysAnswer(status, b"")) for status in (0, 503)) <= 1.25 * MINUTE


class TestRefusalsAskedAboutTogether:
    @pytest.fixture
    def refused(self, app, bring, rows):
        """Three refusals, by id, after İYS gave this answer to the question about them."""

        def with_answer(answer, rounds=1):
            bring(3, status="RET", lane=None)
            with app.app_context():  # Each at an instant of its own: the oldest is asked about first.
                for number, each in enumerate(db.session.query(Submission).order_by(Submission.id)):
                    each.created_at = each.due_at = each.due_at - timedelta(microseconds=3 - number)
                db.session.commit()
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

    @pytest.mark.parametrize("spell", [
        lambda phone: phone[1:], lambda phone: f"0{phone[3:]}", lambda phone: f"00{phone[1:]}",
        lambda phone: f" {phone[:3]} {phone[3:6]} {phone[6:]}", lambda phone: int(phone[1:]),
        lambda phone: {"recipient": phone[1:]}, lambda phone: {"recipient": phone, "status": "ONAY"},
    ])  # fmt: skip
    def test_a_listed_address_counts_however_iys_spells_it(self, refused, rows, spell):
        absent, held, _ = refused((200, {"list": [spell(grants.phones(3)[1])]}))

        assert (absent.outcome, held.outcome, held.attempts) == (Outcome.NOT_NEEDED, Outcome.WAITING, 0)
        assert rows.one(Consent, Consent.id == held.consent_id).iys_status == "ONAY"
        assert rows(CallTally, CallTally.name == CallTally.UNREADABLE_ROW) == []

    @pytest.mark.parametrize("element", [
        "+905559999999", "?", None, True, [grants.phones(3)[1]], {"alici": grants.phones(3)[1]},
        {"recipient": grants.phones(3)[1], "status": "RET"},
    ])  # fmt: skip
    def test_a_list_that_is_not_understood_sends_the_first_by_itself_and_is_told(self, refused, rows, element):
        outcomes = [each.outcome for each in refused((200, {"list": [grants.phones(3)[0], element]}))]

        assert outcomes == [Outcome.ACCEPTED, Outcome.WAITING, Outcome.WAITING]
        assert rows.one(CallTally, CallTally.name == CallTally.UNREADABLE_ROW).calls == 1

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

    @pytest.mark.parametrize("status", [400, 404, 405, 422, 501])
    def test_an_iys_that_does_not_offer_the_question_gets_the_first_by_itself(self, refused, status):
        outcomes = [each.outcome for each in refused((status, {}))]

        assert outcomes == [Outcome.ACCEPTED, Outcome.WAITING, Outcome.WAITING]

    def test_missing_rights_block_all_of_them(self, refused, rows):
        for each in refused(says("H353", 403)):
            hold = rows.one(ForwardingHold)
            assert (each.outcome, each.code, each.due_at) == (Outcome.BLOCKED, "H353", hold.until)
        assert {(each.http_status, each.code) for each in rows(Attempt)} == {(403, "H353")}

    def test_a_limit_is_waited_for_and_is_no_failed_attempt(self, refused):
        for each in refused(says("H124", 429)):
            assert (each.outcome, each.code, each.attempts) == (Outcome.WAITING, "H124", 0)
            assert each.due_at == clock.now() + 2 * SECOND

    def test_no_answer_is_a_failed_attempt(self, refused):
        for each in refused((500, {})):
            assert (each.outcome, each.code, each.attempts) == (Outcome.WAITING, None, 1)
            assert clock.now() + 0.75 * SECOND <= each.due_at <= clock.now() + 1.25 * SECOND

    def test_one_that_cannot_be_opened_is_parked_and_the_others_are_asked_about(self, app, bring, rows):
        bring(2, status="RET", lane=None)
        with app.app_context():
            damaged = db.session.scalar(select(Submission).order_by(Submission.id).limit(1))
            damaged.payload = damaged.payload[:-1] + bytes((damaged.payload[-1] ^ 1,))
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

    @pytest.mark.parametrize("code", [None, "H124", "H174", "H175", "absent"])
    def test_it_passes_by_a_list(self, app, decided, rows, code):
        self.change(app, "ONAY", lane=Lane.BULK)
        self.change(app, "RET", code=code)

        assert self.is_due(app, rows)

    @pytest.mark.parametrize(
        ("attempts", "code", "passes"),
        [(0, None, False), (1, None, False), (2, None, True), (2, "H124", True)]
        + [(2, code, False) for code in ("H174", "H175", "absent")],
    )
    def test_it_passes_by_a_grant_that_failed_twice_unless_iys_said_that_it_holds_none(
        self, app, decided, rows, attempts, code, passes
    ):
        self.change(app, "ONAY", attempts=attempts)
        self.change(app, "RET", code=code)

        assert self.is_due(app, rows) == passes

    @pytest.mark.parametrize(
        ("answer", "seconds", "wait"),
        [(TAKEN, 0, 10 * SECOND), (TAKEN, 600, 60 * SECOND), (says("H124", 429), 0, TEN_MINUTES)],
        ids=["at work on it", "long at work on it", "not sent"],
    )
    def test_it_is_asked_about_again_while_iys_works_on_the_list(
        self, app, decided, rows, standing_clock, answer, seconds, wait
    ):
        listed = {"lane": Lane.BULK, "endpoint": Submission.endpoint + "/request"}
        self.change(app, "ONAY", **listed, due_at=clock.now() - timedelta(minutes=1))
        with iys_that_says(request=answer, MESAJ=(200, {"list": []}), result=(200, [])) as iys:
            make.forward_all(app, iys)
            standing_clock.shift(seconds)
            make.forward_all(app, iys)

        refusal = rows.one(Submission, Submission.status == "RET")
        assert (refusal.outcome, refusal.code, refusal.attempts) == (Outcome.WAITING, "absent", 0)
        assert refusal.due_at == clock.now() + wait

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
