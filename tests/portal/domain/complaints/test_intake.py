"""Opening a case: once for one message, within limits, sealed, and compared."""

from datetime import timedelta

import pytest
import time_machine

import shortlinks
from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import (
    AuditEntry,
    Complaint,
    ComplaintKind,
    ComplaintStep,
    Event,
    EventType,
    Finding,
    Receipt,
    Recipient,
    StepAct,
)
from portal.domain import complaints
from tests.portal.domain.complaints.cast import HEADER, TEXT, code_of, opened, receipt_of, told

pytestmark = pytest.mark.slow


@pytest.fixture
def receipt(app, rows) -> Receipt:
    return receipt_of(app, rows)[0]


def test_a_case_is_opened_at_the_senders_desk(app, receipt, rows):
    with app.app_context():
        opened(receipt, told(timedelta(minutes=1)))

    case = rows.one(Complaint)
    assert (case.provider_id, case.recipient_id, case.receipt_id) == (
        receipt.provider_id, receipt.recipient_id, receipt.id,
    )  # fmt: skip
    assert (case.kind, case.finding, case.closed_at) == (ComplaintKind.STILL_RECEIVING, Finding.WITHIN_TERM, None)
    assert [step.act for step in rows(ComplaintStep)] == [StepAct.OPENED]
    event = rows.one(Event, Event.type == EventType.COMPLAINT_OPENED)
    assert (event.subject_id, event.provider_id, event.facts) == (case.id, case.provider_id, {"kind": case.kind})


def test_what_was_told_is_sealed_and_can_be_read(app, receipt, rows):
    with app.app_context():
        case = opened(receipt)
        words = complaints.read_report(vault(), case)

    kept = rows.one(Complaint)
    assert (words.header, words.text, words.has_picture) == (HEADER, TEXT, False)
    assert HEADER.encode() not in kept.header and b"indirim" not in kept.text


def test_an_answer_is_due_by_the_end_of_the_fifteenth_day(app, receipt, rows):
    with time_machine.travel("2026-12-01T21:30:00Z", tick=False), app.app_context():  # 2 December in Istanbul.
        opened(receipt)

    assert rows.one(Complaint).due_at.isoformat() == "2026-12-17T20:59:59+00:00"


def test_the_audit_knows_and_holds_no_words(app, receipt, rows):
    with app.app_context():
        opened(receipt)

    entry = rows.one(AuditEntry, AuditEntry.act == "complaint.opened")
    assert (entry.actor, entry.actor_id) == ("recipient", receipt.recipient_id)
    assert entry.subject_id == rows.one(Complaint).id
    assert set(entry.facts) == {"kind", "finding"}


def test_telling_it_again_after_proving_the_address_notes_the_proof(app, receipt, rows):
    what = told()
    with app.app_context():
        assert opened(receipt, what, is_proved=False).proved_at is None
        first = opened(receipt, what).proved_at
        opened(receipt, what, clock.now() + timedelta(minutes=1), is_proved=False)

    assert rows.one(Complaint).proved_at == first is not None


def test_the_same_message_told_twice_is_one_case(app, receipt, rows):
    what = told()
    with app.app_context():
        assert opened(receipt, what).id == opened(receipt, what).id

    assert rows.count(Complaint) == rows.count(ComplaintStep) == 1


def test_a_fourth_open_case_of_one_receipt_is_not_opened(app, receipt, rows):
    with app.app_context():
        for number in range(3):
            opened(receipt, told(header=f"X{number}"))
        with pytest.raises(complaints.TooManyOpen):
            opened(receipt, told(header="X4"))


def test_nor_a_sixth_of_one_address_within_a_day(app, receipt, rows):
    with app.app_context():
        for number in range(5):
            case = opened(receipt, told(header=f"X{number}"))
            db.session.get_one(Complaint, case.id).closed_at = clock.now()
            db.session.commit()
        with pytest.raises(complaints.TooManyToday):
            opened(receipt, told(header="X6"))
        opened(receipt, told(header="X6"), at=clock.now() + timedelta(days=1, minutes=1))


def test_a_case_is_found_by_its_own_nonce_only(app, receipt, rows):
    with app.app_context():
        case = opened(receipt)
        salt, code = app.config["LINK_SALT"], code_of(app, case)

        assert complaints.find_case(db.session, salt, code).id == case.id
        wrong = [shortlinks.Codes(salt).encode_long(case.id, nonce) for nonce in (case.nonce ^ 1, 0, 2**63 - 1)]
        for odd in ("", "x", "0" * 1000, code[:-1], code_of(app, receipt), *wrong):
            assert complaints.find_case(db.session, salt, odd) is None


def test_asking_for_erasure_twice_is_one_case(app, receipt, rows):
    with app.app_context():
        recipient = db.session.get_one(Recipient, receipt.recipient_id)
        for _ in range(2):
            complaints.request_erasure(db.session, recipient, language="en", at=clock.now())
        db.session.commit()

    case = rows.one(Complaint)
    assert (case.kind, case.language, case.receipt_id, case.finding) == (ComplaintKind.ERASURE, "en", None, None)
    assert timedelta(days=30) <= case.due_at - case.created_at < timedelta(days=31)


def test_after_it_was_settled_erasure_may_be_asked_for_again(app, receipt, rows):
    with app.app_context():
        recipient = db.session.get_one(Recipient, receipt.recipient_id)
        first = complaints.request_erasure(db.session, recipient, language="tr", at=clock.now())
        first.closed_at = clock.now()
        second = complaints.request_erasure(db.session, recipient, language="tr", at=clock.now())
        db.session.commit()

        assert first.id != second.id
