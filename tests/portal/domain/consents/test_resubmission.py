"""What was parked is sent again where that can help; what cannot be helped is closed by a person."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Status
from portal.core.models import Consent, Outcome, Recipient, Submission
from portal.domain.consents import annulments, recipients, resubmission
from portal.domain.consents.resubmission import ResendProblem
from tests import make
from tests.make import Person
from tests.portal.domain.consents.import_entries import bring, entry

pytestmark = pytest.mark.slow


@pytest.fixture
def parked(app, fatma):
    """A submission of Fatma's that is parked, in a transaction of its own."""
    fatma.decides(MESAJ="ONAY")
    with app.app_context():
        submission = db.session.query(Submission).one()
        submission.outcome, submission.due_at, submission.code = Outcome.PARKED, None, "H121"
        submission.attempts, submission.ended_at = 3, clock.now()
        db.session.flush()
        yield submission
        db.session.rollback()


def why(submission, at=None) -> ResendProblem | None:
    db.session.flush()
    return resubmission.find_resend_problem(db.session, vault(), submission, at or clock.now())


def test_a_parked_submission_goes_again_as_it_was(parked):
    before, at = (parked.payload, parked.endpoint, parked.consent_date), clock.now()

    resubmission.resend(db.session, vault(), parked, at)

    db.session.refresh(parked)
    assert (parked.payload, parked.endpoint, parked.consent_date) == before
    assert (parked.outcome, parked.due_at, parked.attempts, parked.ended_at) == (Outcome.WAITING, at, 1, None)


def test_what_was_parked_and_is_sent_again_is_taken_back_no_more(app, brand):
    """Its file's undo voids nothing that was sent to İYS: what was granted elsewhere since, because of it, stands."""
    assert bring(brand, entry(make.PHONE)) == ["grant"]
    submission = db.session.query(Submission).one()
    submission.outcome, submission.due_at, submission.code, submission.attempts = Outcome.PARKED, None, "H121", 1
    db.session.commit()

    resubmission.resend(db.session, vault(), submission, clock.now())

    assert annulments.annul_decisions(db.session, vault(), [submission.decision_id], None, clock.now()) == []


def test_what_else_is_parked_stays_so(app, browser):
    for code in make.codes(app).values():
        Person(browser, code).decides(MESAJ="ONAY", EPOSTA="ONAY")
    with app.app_context():
        db.session.query(Submission).update({"outcome": Outcome.PARKED, "due_at": None})
        chosen, other = db.session.query(Submission).order_by(Submission.id)

        resubmission.resend(db.session, vault(), chosen, clock.now())
        db.session.refresh(other)
        resent = other.outcome
        db.session.query(Submission).update({"outcome": Outcome.PARKED, "due_at": None})
        resubmission.close(db.session, chosen, clock.now())
        db.session.refresh(other)
        closed_at = other.closed_at
        db.session.rollback()

    assert (resent, closed_at) == (Outcome.PARKED, None)


def test_what_waits_for_a_missing_key_holds_up_no_other(app, browser, rows):
    for code in make.codes(app).values():
        Person(browser, code).decides(MESAJ="ONAY", EPOSTA="ONAY")
    with app.app_context():
        db.session.query(Submission).update({"outcome": Outcome.PARKED, "due_at": None})
        first = db.session.query(Submission).order_by(Submission.id).first()
        first.payload = b"\x01\x09" + first.payload[2:]
        recipient = db.session.get_one(Recipient, db.session.get_one(Consent, first.consent_id).recipient_id)
        recipient.address = b"\x01\x09" + recipient.address[2:]
        db.session.commit()
        assert recipients.masked_address(vault(), recipient) == addresses.HIDDEN

    told = app.test_cli_runner().invoke(args=["iys", "resend"])
    assert (told.exit_code, told.stdout) == (0, "unreadable: 1\nsent again: 1\n")
    assert [each.outcome for each in rows(Submission)] == [Outcome.PARKED, Outcome.WAITING]


def test_from_a_list_it_goes_into_another(parked):
    parked.bulk_index, parked.sub_request_id = 7, "x"
    db.session.flush()

    resubmission.resend(db.session, vault(), parked, clock.now())

    db.session.refresh(parked)
    assert (parked.bulk_id, parked.bulk_index, parked.sub_request_id) == (None, None, None)


def test_a_second_time_it_is_on_its_way(parked):
    resubmission.resend(db.session, vault(), parked, clock.now())
    db.session.refresh(parked)

    with pytest.raises(resubmission.CannotResend) as told:
        resubmission.resend(db.session, vault(), parked, clock.now())
    assert told.value.why == ResendProblem.NOT_PARKED


@pytest.mark.parametrize("outcome", [each for each in Outcome if each != Outcome.PARKED])
def test_only_what_is_parked_can_be_sent_again(parked, outcome):
    parked.outcome = outcome

    assert why(parked) == ResendProblem.NOT_PARKED


def test_what_is_too_old_for_iys_is_not_sent_again(parked):
    assert why(parked, parked.lenient_deadline) is None
    assert why(parked, parked.lenient_deadline + timedelta(seconds=1)) == ResendProblem.TOO_LATE


def test_a_refusal_that_is_too_old_for_iys_is_looked_up_and_recorded_anew(app, fatma, rows):
    fatma.decides(MESAJ="RET")
    with app.app_context():
        db.session.query(Submission).update({"outcome": Outcome.PARKED, "due_at": None, "ended_at": clock.now()})
        db.session.commit()
    at = rows.one(Submission).lenient_deadline + timedelta(seconds=1)

    with time_machine.travel(at, tick=False):
        told = app.test_cli_runner().invoke(args=["iys", "resend"])

    again = rows.one(Submission)
    assert told.stdout == "sent again: 1\n"
    assert (again.outcome, again.due_at, again.ended_at, again.attempts) == (Outcome.EXPIRED, at, at, 0)


def test_what_the_person_decided_anew_is_not_sent_again(fatma, app):
    fatma.decides(MESAJ="ONAY")
    with app.app_context():
        first = db.session.query(Submission).one().id
        db.session.query(Submission).update({"outcome": Outcome.PARKED, "due_at": None})
        db.session.commit()
    fatma.decides(MESAJ="RET")

    with app.app_context():
        assert why(db.session.get_one(Submission, first)) == ResendProblem.NEWER
        db.session.rollback()


def test_what_iys_own_rules_forbid_is_not_sent_again(parked):
    bad = b'{"recipient":"+90532","type":"MESAJ","status":"ONAY","source":"HS_WEB","consentDate":"2026-01-05 10:00:00"}'
    parked.payload = vault().seal(bad, Submission.PLACE, parked.provider_id, parked.id)

    assert why(parked) == ResendProblem.WOULD_FAIL


@pytest.mark.parametrize("damaged", [b"", b"\x01damaged", b"\x01\x09" + bytes(13)])  # The last of an unknown key.
def test_what_cannot_be_opened_is_not_sent_again(parked, damaged):
    parked.payload = damaged

    assert why(parked) == ResendProblem.UNREADABLE


def test_what_was_closed_is_not_sent_again(parked):
    resubmission.close(db.session, parked, clock.now())
    db.session.refresh(parked)

    assert why(parked) == ResendProblem.CLOSED


def test_closing_changes_nothing_but_the_list(parked):
    at = clock.now()

    resubmission.close(db.session, parked, at)

    db.session.refresh(parked)
    assert (parked.closed_at, parked.outcome, parked.status) == (at, Outcome.PARKED, Status.GRANTED)


def test_what_was_closed_cannot_be_closed_again(parked):
    resubmission.close(db.session, parked, clock.now())

    with pytest.raises(resubmission.NothingToClose):
        resubmission.close(db.session, parked, clock.now())


@pytest.mark.parametrize("outcome", [Outcome.WAITING, Outcome.BLOCKED, Outcome.ACCEPTED])
def test_what_is_alive_cannot_be_closed(parked, outcome):
    parked.outcome = outcome
    db.session.flush()

    with pytest.raises(resubmission.NothingToClose):
        resubmission.close(db.session, parked, clock.now())
