"""Settling a case: words between the person and the provider's people, another due date, its end, a new beginning."""

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.models import (
    Actor,
    AuditEntry,
    Closing,
    Complaint,
    ComplaintKind,
    ComplaintStep,
    Finding,
    MessageKind,
    Recipient,
    StepAct,
)
from portal.core.models.ids import new_id
from portal.core.vault import Vault
from portal.core import throttle
from portal.domain.complaints.due_dates import due_at, end_of_day
from portal.domain.notifications import messages
from portal.core.throttle import Counted, Limit, TooManyRequests

REOPEN_WITHIN = timedelta(days=30)  # The person may, after a case was closed.
FURTHEST = timedelta(days=365)
CLOSINGS = {
    ComplaintKind.STILL_RECEIVING: (
        Closing.STOPPED, Closing.NOT_OURS, Closing.WITHIN_TERM, Closing.NO_CONSENT_NEEDED, Closing.OTHER,
    ),
    ComplaintKind.ERASURE: (Closing.ERASED, Closing.NOTHING_HELD, Closing.OTHER),
}  # fmt: skip


class AlreadyClosed(Exception):
    """A colleague was first, or the person waited too long."""


class AlreadyOpen(Exception):
    """It was opened again already."""


class TooLate(Exception):
    """REOPEN_WITHIN is over: a new message is a new case."""


class TooManyMessages(Exception):
    """Limit.WORDS_OF_COMPLAINT is reached."""


class NoReason(ValueError):
    """This closing does not fit the case, or says nothing without an answer."""


class NotLater(ValueError):
    """No such due date: it is over, too far away, or later than the law lets it be."""


def list_closings(case: Complaint) -> tuple[Closing, ...]:
    """By which reasons a case may be closed: nobody says "within the term" of what did not come within it."""
    offered = CLOSINGS[case.kind]
    return tuple(each for each in offered if each != Closing.WITHIN_TERM or case.finding == Finding.WITHIN_TERM)


def add_message(session: Session, vault: Vault, case: Complaint, text: str, at: datetime) -> None:
    """The person adds something. Raises AlreadyClosed and TooManyMessages."""
    held = _hold(session, case)
    if held.closed_at is not None:
        raise AlreadyClosed
    _count_words(session, held, at)
    _step(session, vault, held, StepAct.ADDED, at, text=text)
    _audit(session, held, "complaint.added", at)


def add_note(session: Session, vault: Vault, case: Complaint, text: str, *, user_id: int, at: datetime) -> None:
    """A note among staff; also of a case that is closed."""
    _step(session, vault, case, StepAct.NOTED, at, user_id=user_id, text=text)


def answer_case(session: Session, vault: Vault, case: Complaint, text: str, *, user_id: int, at: datetime) -> None:
    """What the person reads on their page. Raises AlreadyClosed."""
    held = _hold(session, case)
    if held.closed_at is not None:
        raise AlreadyClosed
    _step(session, vault, held, StepAct.ANSWERED, at, user_id=user_id, text=text)


def postpone(
    session: Session, vault: Vault, case: Complaint, day: date, reason: str, *, user_id: int, at: datetime
) -> None:
    """Let a case be due on another day, as an authority's letter may say. Raises AlreadyClosed and NotLater."""
    held = _hold(session, case)
    if held.closed_at is not None:
        raise AlreadyClosed
    by_law = max(held.due_at, due_at(held.kind, held.created_at))  # Once the term of erasure runs, nobody makes it longer.
    last = by_law if held.kind == ComplaintKind.ERASURE else at + FURTHEST
    if not clock.day(at) <= day <= clock.day(last):
        raise NotLater
    held.due_at = end_of_day(day)
    _step(session, vault, held, StepAct.PUT_OFF, at, user_id=user_id, text=reason)


def note_refusal(session: Session, vault: Vault, case: Complaint, *, user_id: int | None, at: datetime) -> None:
    """Somebody refused in the course of the case: the person (None), or staff on their behalf."""
    _step(session, vault, case, StepAct.REFUSED, at, user_id=user_id)


def close_case(
    session: Session, vault: Vault, case: Complaint, closing: Closing, text: str,
    *, link: str, sender: str, user_id: int, at: datetime,
) -> bool:  # fmt: skip
    """End a case; the person is told where to read it (`link`, a whole address). Whether a message was written: whoever
    took the address over meanwhile gets none. Raises AlreadyClosed and NoReason."""
    held = _hold(session, case)
    if held.closed_at is not None:
        raise AlreadyClosed
    if closing not in list_closings(held) or (closing == Closing.OTHER and not text):
        raise NoReason
    held.closing, held.closed_at = closing, at
    _step(session, vault, held, StepAct.CLOSED, at, user_id=user_id, text=text)
    recipient = session.get_one(Recipient, held.recipient_id)
    if recipient.reassigned_at is not None and recipient.reassigned_at > held.created_at:
        return False
    messages.write_message(
        session, vault, MessageKind.COMPLAINT_SETTLED, facts={"link": link, "sender": sender},
        language=held.language, at=at, provider_id=held.provider_id, recipient_id=held.recipient_id,
    )  # fmt: skip
    return True


def reopen_case(session: Session, vault: Vault, case: Complaint, text: str, *, user_id: int | None, at: datetime) -> None:
    """Begin anew, with a new due date: the person within REOPEN_WITHIN, staff at any time. Raises AlreadyOpen and
    TooLate."""
    held = _hold(session, case)
    if held.closed_at is None:
        raise AlreadyOpen
    if user_id is None and at > held.closed_at + REOPEN_WITHIN:
        raise TooLate
    held.closing = held.closed_at = None
    held.due_at = due_at(held.kind, at)
    _step(session, vault, held, StepAct.REOPENED, at, user_id=user_id, text=text)
    if user_id is None:
        _audit(session, held, "complaint.reopened", at)


def _hold(session: Session, case: Complaint) -> Complaint:
    """One step of a case at a time: two who close it at once would tell the person twice."""
    row = select(Complaint).where(Complaint.id == case.id).with_for_update()
    return session.scalars(row, execution_options={"populate_existing": True}).one()


def _count_words(session: Session, case: Complaint, at: datetime) -> None:
    theirs = (ComplaintStep.complaint_id == case.id, ComplaintStep.act == StepAct.ADDED)
    try:
        throttle.check(session, [Counted(Limit.WORDS_OF_COMPLAINT, ComplaintStep.at, *theirs)], at)
    except TooManyRequests as many:
        raise TooManyMessages from many


def _step(
    session: Session, vault: Vault, case: Complaint, act: StepAct, at: datetime,
    *, user_id: int | None = None, text: str = "",
) -> None:  # fmt: skip
    step_id = new_id()
    sealed = vault.seal(text, ComplaintStep.PLACE, case.provider_id, step_id) if text else None
    session.add(
        ComplaintStep(
            id=step_id, provider_id=case.provider_id, complaint_id=case.id, at=at, act=act, user_id=user_id,
            text=sealed,
        )
    )  # fmt: skip
    session.flush()


def _audit(session: Session, case: Complaint, act: str, at: datetime) -> None:
    session.add(
        AuditEntry(
            provider_id=case.provider_id, at=at, actor=Actor.RECIPIENT, actor_id=case.recipient_id, act=act,
            subject="complaint", subject_id=case.id, facts={},
        )
    )  # fmt: skip
