"""Settling a case: steps are facts, the person is told once, and nobody says what was not found."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import (
    AuditEntry,
    Closing,
    Complaint,
    ComplaintKind,
    ComplaintStep,
    Finding,
    Message,
    MessageKind,
    Recipient,
    StepAct,
)
from portal.domain import complaints
from portal.domain.notifications import messages
from tests.portal.domain.complaints.cast import a_case

pytestmark = [pytest.mark.alike, pytest.mark.slow]

LINK = {"link": "https://izin.example/s/code", "sender": "Örnek Mağaza", "user_id": 7}


@pytest.fixture
def case(app, rows):
    a_case(app, rows)
    with app.app_context():
        yield db.session.scalars(select(Complaint)).one()


def closed(case, closing=Closing.STOPPED, text="", at=None) -> None:
    complaints.close_case(db.session, vault(), case, closing, text, at=at or clock.now(), **LINK)
    db.session.commit()


def acts(rows) -> list[StepAct]:
    return [step.act for step in rows(ComplaintStep)]


def told(rows) -> list[Message]:
    return rows(Message, Message.kind == MessageKind.COMPLAINT_SETTLED)


def test_who_complained_is_told_where_the_answer_stands(case, rows):
    closed(case)

    (message,) = told(rows)
    assert (message.recipient_id, message.language, message.rank) == (case.recipient_id, "tr", 0)
    assert messages.read_facts(vault(), message) == {"link": LINK["link"], "sender": LINK["sender"]}


def test_closing_twice_tells_once(case, rows):
    closed(case)

    with pytest.raises(complaints.AlreadyClosed):
        closed(case, Closing.NOT_OURS)
    db.session.rollback()
    assert len(told(rows)) == 1
    assert rows.one(Complaint).closing == Closing.STOPPED


def test_whoever_took_the_number_over_is_told_nothing(case, rows):
    db.session.get_one(Recipient, case.recipient_id).reassigned_at = clock.now()

    closed(case)
    assert told(rows) == []


def test_nobody_is_told_until_somebody_has_proved_the_address(case, rows):
    """Whoever opened the case may be the firm: it reads the links that it sent."""
    case.proved_at = None
    closed(case)
    assert told(rows) == []

    complaints.reopen_case(db.session, vault(), case, "Yine geldi", user_id=None, at=clock.now())
    closed(case)
    assert len(told(rows)) == 1


@pytest.mark.parametrize(
    ("closing", "text"),
    [(Closing.OTHER, ""), (Closing.ERASED, ""), (Closing.NOTHING_HELD, "x"), (Closing.WITHIN_TERM, "x")],
)
def test_a_reason_that_says_nothing_or_does_not_fit_closes_nothing(case, rows, closing, text):
    case.finding = Finding.AFTER_REFUSAL

    with pytest.raises(complaints.NoReason):
        closed(case, closing, text)


def test_within_the_term_is_said_only_of_what_came_within_it(case):
    case.finding = Finding.WITHIN_TERM
    assert Closing.WITHIN_TERM in complaints.list_closings(case)

    case.finding = Finding.AFTER_REFUSAL
    assert Closing.WITHIN_TERM not in complaints.list_closings(case)


def test_an_answer_and_a_note_are_read_by_whom_they_are_for(case, rows):
    complaints.answer_case(db.session, vault(), case, "Gönderimi durdurduk.", user_id=7, at=clock.now())
    complaints.add_note(db.session, vault(), case, "Liste 3'ten gitmiş.", user_id=7, at=clock.now())

    persons = complaints.list_steps(db.session, vault(), [case.id])
    staffs = complaints.list_steps(db.session, vault(), [case.id], staff_at=clock.now())
    assert [(step.act, step.text) for step in persons] == [("opened", ""), ("answered", "Gönderimi durdurduk.")]
    assert {step.by for step in persons} == {None}
    assert [step.text for step in staffs] == ["", "Gönderimi durdurduk.", "Liste 3'ten gitmiş."]


def test_nothing_more_is_said_in_a_case_that_is_closed_until_it_is_open_again(case, rows):
    closed(case)
    at = clock.now()
    for act in (
        lambda: complaints.add_message(db.session, vault(), case, "x", at),
        lambda: complaints.answer_case(db.session, vault(), case, "x", user_id=7, at=at),
        lambda: complaints.postpone(db.session, vault(), case, clock.day(at), "x", user_id=7, at=at),
    ):
        with pytest.raises(complaints.AlreadyClosed):
            act()

    complaints.reopen_case(db.session, vault(), case, "Yine geldi", user_id=None, at=at)
    complaints.add_message(db.session, vault(), case, "Bugün de", at)
    db.session.commit()

    assert acts(rows) == ["opened", "closed", "reopened", "added"]
    assert [entry.actor for entry in rows(AuditEntry, AuditEntry.act == "complaint.reopened")] == ["recipient"]


def test_a_case_that_is_open_again_has_a_new_due_date_and_no_reason(case, rows):
    at = clock.now() + timedelta(days=20)
    closed(case)

    complaints.reopen_case(db.session, vault(), case, "Yine geldi", user_id=None, at=at)

    assert (case.closing, case.closed_at) == (None, None)
    assert clock.day(case.due_at) == clock.day(at) + timedelta(days=15)
    with pytest.raises(complaints.AlreadyOpen):
        complaints.reopen_case(db.session, vault(), case, "Yine", user_id=None, at=at)


def test_the_person_opens_again_within_thirty_days_and_staff_at_any_time(case):
    closed(case)
    later = clock.now() + timedelta(days=30, minutes=1)

    with pytest.raises(complaints.TooLate):
        complaints.reopen_case(db.session, vault(), case, "Yine geldi", user_id=None, at=later)
    complaints.reopen_case(db.session, vault(), case, "Müdürlük yazdı", user_id=7, at=later)

    assert case.closed_at is None


def test_a_person_says_ten_things_a_day(case):
    for _ in range(10):
        complaints.add_message(db.session, vault(), case, "x", clock.now())

    with pytest.raises(complaints.TooManyMessages):
        complaints.add_message(db.session, vault(), case, "x", clock.now())
    complaints.add_message(db.session, vault(), case, "x", clock.now() + timedelta(days=1, minutes=1))


def test_a_letter_may_set_another_due_date(case, rows):
    at = clock.now()
    day = clock.day(at) + timedelta(days=40)

    complaints.postpone(db.session, vault(), case, day, "İl müdürlüğünün yazısı", user_id=7, at=at)

    assert clock.day(case.due_at) == day
    for wrong in (clock.day(at) - timedelta(days=1), clock.day(at) + timedelta(days=366)):
        with pytest.raises(complaints.NotLater):
            complaints.postpone(db.session, vault(), case, wrong, "x", user_id=7, at=at)


def test_nobody_makes_the_laws_term_of_erasure_longer(case):
    case.kind, at = ComplaintKind.ERASURE, clock.now()
    case.due_at = at + timedelta(days=30)
    last = clock.day(at) + timedelta(days=30)

    complaints.postpone(db.session, vault(), case, last - timedelta(days=10), "x", user_id=7, at=at)
    complaints.postpone(db.session, vault(), case, last, "x", user_id=7, at=at)
    with pytest.raises(complaints.NotLater):
        complaints.postpone(db.session, vault(), case, last + timedelta(days=1), "x", user_id=7, at=at)


def test_a_desk_knows_how_many_wait_and_how_many_are_late(case):
    at = clock.now()
    assert complaints.count_waiting(db.session, case.provider_id, at) == complaints.QueueCounts(1, 0)
    assert complaints.count_waiting(db.session, case.provider_id, at + timedelta(days=20)) == complaints.QueueCounts(
        1, 1
    )
    assert complaints.count_waiting(db.session, 1, at) == complaints.QueueCounts(0, 0)

    closed(case)
    assert complaints.count_waiting(db.session, case.provider_id, at + timedelta(days=20)) == complaints.QueueCounts(
        0, 0
    )
