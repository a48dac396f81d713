"""Steps of a case: messages between recipient and staff, another due date, closing, reopening."""

from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import Session

from portal.core import clock, throttle
from portal.core.ids import new_id
from portal.core.iys_protocol import Status
from portal.core.models import (
    Actor,
    AuditEntry,
    Closing,
    Complaint,
    ComplaintKind,
    ComplaintStep,
    Consent,
    Finding,
    MessageKind,
    Recipient,
    StepAct,
)
from portal.core.throttle import Counted, Limit
from portal.core.vault import Vault
from portal.domain.complaints.due_dates import due_at, end_of_day
from portal.domain.complaints.queries import BY_PORTAL, acted_at, case_may_be_anothers, held_until
from portal.domain.notifications import messages

REOPEN_WITHIN = timedelta(days=30)  # For the recipient, after a case was closed.
FURTHEST = timedelta(days=365)
CLOSINGS = {
    ComplaintKind.STILL_RECEIVING: (
        Closing.STOPPED, Closing.NOT_OURS, Closing.WITHIN_TERM, Closing.NO_CONSENT_NEEDED, Closing.OTHER,
    ),
    ComplaintKind.ERASURE: (Closing.ERASED, Closing.NOTHING_HELD, Closing.OTHER),
}  # fmt: skip


class AlreadyClosed(Exception):
    """The case is closed."""


class AlreadyOpen(Exception):
    """The case is open already."""


class UnseenWords(Exception):
    """Words of the person hold sending, and whoever acts was not shown all of them."""


class TooLate(Exception):
    """REOPEN_WITHIN is over; a new message is a new case."""


class TooManyMessages(Exception):
    """Limit.WORDS_OF_COMPLAINT is reached."""


class TooManyReopenings(Exception):
    """Limit.REOPENINGS_OF_COMPLAINT is reached."""


class NoReason(ValueError):
    """This closing does not fit the case, or needs an answer."""


class StillGranted(ValueError):
    """The case was to be closed as stopped, and its person is still consented to what it is about."""


class NotLater(ValueError):
    """The due date is past, too far away, or later than the law allows."""


def list_closings(case: Complaint) -> tuple[Closing, ...]:
    """The reasons by which a case may be closed; WITHIN_TERM only if the message came within the term."""
    offered = CLOSINGS[case.kind]
    return tuple(each for each in offered if each != Closing.WITHIN_TERM or case.finding == Finding.WITHIN_TERM)


def add_message(session: Session, vault: Vault, case: Complaint, text: str, at: datetime) -> None:
    """Add a message of the recipient, who has proved the address. Raises AlreadyClosed and TooManyMessages."""
    locked = _lock_open_case(session, case)
    if _is_reached(session, Limit.WORDS_OF_COMPLAINT, case, StepAct.ADDED, at):
        raise TooManyMessages
    record_proof(locked, at)
    _add_step(session, vault, locked, StepAct.ADDED, at, text=text)
    _record_audit(session, locked, "complaint.added", at)


def record_proof(case: Complaint, at: datetime) -> None:
    """Note that somebody proved the case's address: from then on its closing is told there."""
    case.proved_at = case.proved_at or at


def hold_sending(session: Session, case: Complaint, at: datetime) -> None:
    """Have nothing sent to the person of a case (may_have_refused) until staff has read what they just wrote there.
    Nothing where somebody else has the address by now."""
    locked = _lock_case(session, case)
    recipient = session.get_one(Recipient, locked.recipient_id)
    if held_until(session, recipient, acted_at(session, locked)) is None:
        locked.unread_since = at


def record_reading(session: Session, case: Complaint, seen: int, held_since: datetime | None) -> bool:
    """Note that staff has read a case on a page that showed so many steps of its person with words, and since when
    words held sending; whether what they held back may go on. Words that came later hold on, also untaken ones."""
    locked = _lock_case(session, case)
    if locked.unread_since is None or locked.unread_since != held_since or _first_unseen_at(session, locked, seen):
        return False
    locked.unread_since = None
    return True


def add_note(session: Session, vault: Vault, case: Complaint, text: str, *, user_id: int, at: datetime) -> None:
    """Add a note among staff, also to a closed case."""
    _add_step(session, vault, _lock_case(session, case), StepAct.NOTED, at, user_id=user_id, text=text)


def answer_case(session: Session, vault: Vault, case: Complaint, text: str, *, user_id: int, at: datetime) -> None:
    """Answer the recipient on the case's page. Raises AlreadyClosed."""
    locked = _lock_open_case(session, case)
    _add_step(session, vault, locked, StepAct.ANSWERED, at, user_id=user_id, text=text)


def postpone(
    session: Session, vault: Vault, case: Complaint, day: date, reason: str, *, user_id: int, at: datetime
) -> None:
    """Set another due date, for example by an authority's letter. Raises AlreadyClosed and NotLater."""
    locked = _lock_open_case(session, case)
    by_law = max(locked.due_at, due_at(locked.kind, locked.created_at))  # The term of an erasure cannot be extended.
    last = by_law if locked.kind == ComplaintKind.ERASURE else at + FURTHEST
    if not clock.day(at) <= day <= clock.day(last):
        raise NotLater
    locked.due_at = end_of_day(day)
    _add_step(session, vault, locked, StepAct.PUT_OFF, at, user_id=user_id, text=reason)


def note_refusal(session: Session, vault: Vault, case: Complaint, *, user_id: int | None, at: datetime) -> None:
    """Note a refusal during the case, by the recipient (None) or by staff on their behalf."""
    _add_step(session, vault, case, StepAct.REFUSED, at, user_id=user_id)


def close_case(
    session: Session, vault: Vault, case: Complaint, closing: Closing, text: str,
    *, link: str, sender: str, user_id: int, at: datetime, seen: int | None = None,
) -> None:  # fmt: skip
    """Close a case and tell the recipient where to read the answer (`link`, an absolute URL). `seen`: how many of the
    person's steps whoever closes it was shown (None: nobody looks at a page).

    No message leaves where nobody has proved the address: the firm reads links that it sent, and could open a case
    itself to have us send one. Nor to a new holder, nor more of one case than Limit.MESSAGES_OF_COMPLAINT. The caller
    is not told which: a firm would learn what another heard. Raises AlreadyClosed, UnseenWords, NoReason and
    StillGranted."""
    locked = _lock_open_case(session, case)
    must_see = seen is not None or locked.unread_since is not None
    if must_see and _first_unseen_at(session, locked, seen or 0):
        raise UnseenWords
    if closing not in list_closings(locked) or (closing == Closing.OTHER and not text):
        raise NoReason
    if closing == Closing.STOPPED and _is_granted(session, locked):
        raise StillGranted
    has_enough = _is_reached(session, Limit.MESSAGES_OF_COMPLAINT, locked, StepAct.CLOSED, at)
    locked.closing, locked.closed_at = closing, at
    _add_step(session, vault, locked, StepAct.CLOSED, at, user_id=user_id, text=text)
    if has_enough or case_may_be_anothers(session, locked) or locked.proved_at is None:
        return
    messages.write_message(
        session, vault, MessageKind.COMPLAINT_SETTLED, facts={"link": link, "sender": sender},
        language=locked.language, at=at, provider_id=locked.provider_id, brand_id=locked.brand_id,
        recipient_id=locked.recipient_id, expires_at=at + REOPEN_WITHIN,
    )  # fmt: skip


def _first_unseen_at(session: Session, case: Complaint, seen: int) -> datetime | None:
    """When the first of the person's steps with words came that was not among those seen."""
    theirs = ComplaintStep.complaint_id == case.id, ComplaintStep.user_id.is_(None), ComplaintStep.act.not_in(BY_PORTAL)
    is_report = ComplaintStep.act == StepAct.OPENED if case.has_words else false()
    written = select(ComplaintStep.at).where(*theirs, or_(ComplaintStep.text.is_not(None), is_report))
    came = session.scalars(written.order_by(ComplaintStep.at, ComplaintStep.id))
    return next(iter(came.all()[max(seen, 0) :]), None)


def _is_granted(session: Session, case: Complaint) -> bool:
    """Whether the person of a case is still consented to what it is about."""
    whose = (Consent.recipient_id == case.recipient_id, Consent.brand_id == case.brand_id)
    granted = select(Consent.id).where(*whose, Consent.channel == case.channel, Consent.status == Status.GRANTED)
    recipient = session.get_one(Recipient, case.recipient_id)
    is_anothers = held_until(session, recipient, acted_at(session, case)) is not None
    return not is_anothers and session.scalar(granted.limit(1)) is not None


def reopen_case(
    session: Session, vault: Vault, case: Complaint, text: str, *, user_id: int | None, at: datetime
) -> None:
    """Reopen a case with a new due date: the recipient, who has proved the address, within REOPEN_WITHIN; staff as
    often as Limit.REOPENINGS_OF_COMPLAINT says. Raises AlreadyOpen, TooLate and TooManyReopenings."""
    locked = _lock_case(session, case)
    if locked.closed_at is None:
        raise AlreadyOpen
    if user_id is None and at > locked.closed_at + REOPEN_WITHIN:
        raise TooLate
    by_staff = ComplaintStep.user_id.is_not(None)
    if user_id and _is_reached(session, Limit.REOPENINGS_OF_COMPLAINT, case, StepAct.REOPENED, at, by_staff):
        raise TooManyReopenings
    locked.closing = locked.closed_at = None
    locked.due_at = due_at(locked.kind, at)
    _add_step(session, vault, locked, StepAct.REOPENED, at, user_id=user_id, text=text)
    if user_id is None:
        record_proof(locked, at)
        _record_audit(session, locked, "complaint.reopened", at)


def lock_recipient(session: Session, recipient_id: int) -> Recipient:
    """Before any other row, as whoever refuses does; as it is once the lock is got."""
    row = select(Recipient).where(Recipient.id == recipient_id).with_for_update(key_share=True)
    return session.scalars(row, execution_options={"populate_existing": True}).one()


def _lock_case(session: Session, case: Complaint) -> Complaint:
    """Queue concurrent steps of a case: closing it twice would send two messages. Its person is locked first."""
    lock_recipient(session, case.recipient_id)
    row = select(Complaint).where(Complaint.id == case.id).with_for_update()
    return session.scalars(row, execution_options={"populate_existing": True}).one()


def _lock_open_case(session: Session, case: Complaint) -> Complaint:
    locked = _lock_case(session, case)
    if locked.closed_at is not None:
        raise AlreadyClosed
    return locked


def _is_reached(
    session: Session, limit: Limit, case: Complaint, act: StepAct, at: datetime, *where: ColumnElement[bool]
) -> bool:  # fmt: skip
    """Whether a limit on steps of one kind is reached in a case."""
    theirs = (ComplaintStep.complaint_id == case.id, ComplaintStep.act == act, *where)
    return throttle.check(session, [Counted(limit, ComplaintStep.at, *theirs)], at, tolerated=[limit])


def _add_step(
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


def _record_audit(session: Session, case: Complaint, act: str, at: datetime) -> None:
    session.add(
        AuditEntry(
            provider_id=case.provider_id, at=at, actor=Actor.RECIPIENT, actor_id=case.recipient_id, act=act,
            subject="complaint", subject_id=case.id, facts={},
        )
    )  # fmt: skip
