"""Find cases and what they say, and the brands that the holder of a receipt may complain about."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy import case as when
from sqlalchemy.orm import Session

import shortlinks
from portal.core.addresses import HIDDEN
from portal.core.iys_protocol.enums import LINE_CLOSED
from portal.core.models import (
    AddressProof,
    Brand,
    Complaint,
    ComplaintStep,
    Decision,
    DecisionOrigin,
    Provider,
    Receipt,
    ReceiptDecision,
    Recipient,
    StepAct,
    User,
)
from portal.core.vault import CannotOpen, Vault

NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)  # Before all that any address was asked.
CaseCode = str  # The part of a status page's address that cannot be guessed.


@dataclass(frozen=True)
class ReceiptBrand:
    """A brand that a receipt names, and the receipt's row at its provider."""

    brand: Brand
    provider: Provider
    receipt: Receipt
    recipient: Recipient


def case_code(salt: str, case: Complaint) -> CaseCode:
    """The code in a case's page address, /s/<code>."""
    return shortlinks.Codes(salt).encode_long(case.id, case.nonce)


def find_case(session: Session, salt: str, code: CaseCode) -> Complaint | None:
    """The case of a code; an unknown id and a wrong nonce take the same path."""
    case_id, nonce = shortlinks.Codes(salt).decode_long(code) or (0, 0)
    case = session.get(Complaint, case_id)
    fits = hmac.compare_digest((case.nonce if case else 0).to_bytes(8), nonce.to_bytes(8))
    return case if case and fits else None


def same_receipt_ids(session: Session, receipt: Receipt) -> list[int]:
    """The ids of all rows of one receipt: an act at several providers has one at each."""
    return list(session.scalars(select(Receipt.id).where(_is_same_receipt(receipt)).order_by(Receipt.id)))


def acted_at(session: Session, case: Complaint) -> datetime:
    """When the person of a case acted: by the receipt that it was opened from, or by the request for erasure. Who may
    refuse, and what the firm's people read, goes by it and by what the firm itself heard (held_until)."""
    receipt = _receipt_of(session, case)
    return receipt.decided_at if receipt else case.created_at


def held_at(session: Session, act: Complaint | Receipt) -> datetime:
    """When the person of a case, or of a receipt, certainly had the address: at the request for erasure, as the receipt
    was made or, where that was by a link, as the link was: an earlier holder may have the link still, and refuse by it.
    Of a link that is lost (a backup was restored) it is not known: then at no time."""
    if isinstance(act, Complaint):
        receipt = _receipt_of(session, act)
        return held_at(session, receipt) if receipt else act.created_at
    if act.link_id is None:
        return act.decided_at
    its_link = shortlinks.Link.id == act.link_id, shortlinks.Link.created_at <= act.decided_at
    return session.scalar(select(shortlinks.Link.created_at).where(*its_link)) or NO_TIME


def case_may_be_anothers(session: Session, case: Complaint) -> bool:
    """Whether a case may be of another person than who has its address now, as any firm heard: its page tells nothing
    of what was decided, and no message goes there."""
    return session.get_one(Recipient, case.recipient_id).changed_hands_after(held_at(session, case))


def was_refused_in(session: Session, case: Complaint) -> bool:
    """Whether the person of a case refused in it."""
    theirs = ComplaintStep.act == StepAct.REFUSED, ComplaintStep.user_id.is_(None)
    noted = select(ComplaintStep.id).where(ComplaintStep.complaint_id == case.id, *theirs)
    return session.scalar(noted.limit(1)) is not None


def _receipt_of(session: Session, case: Complaint) -> Receipt | None:
    return session.get(Receipt, case.receipt_id) if case.receipt_id else None


def held_until(session: Session, recipient: Recipient, at: datetime) -> datetime | None:
    """Until when who had the address at a moment had it, as the firm itself heard; None: they have it still."""
    if recipient.own_held_since is None or recipient.own_held_since <= at:
        return None
    said = select(func.min(Receipt.decided_at)).where(
        Receipt.recipient_id == recipient.id, Receipt.origin == DecisionOrigin.NOT_MINE, Receipt.decided_at > at
    )
    closed = select(func.min(Decision.effective_at)).where(
        Decision.recipient_id == recipient.id, Decision.source == LINE_CLOSED, Decision.effective_at > at
    )
    moments = (recipient.own_held_since, session.scalar(said), session.scalar(closed))
    return min(moment for moment in moments if moment is not None)


def list_receipt_brands(session: Session, receipt: Receipt) -> list[ReceiptBrand]:
    """The brands that a receipt names at all providers, by name."""
    named = (
        select(Decision.brand_id, Receipt.id.label("receipt_id"))
        .join(ReceiptDecision, ReceiptDecision.decision_id == Decision.id)
        .join(Receipt, Receipt.id == ReceiptDecision.receipt_id)
        .where(_is_same_receipt(receipt))
        .distinct()
        .subquery()
    )
    rows = session.execute(
        select(Brand, Provider, Receipt, Recipient)
        .join(named, named.c.brand_id == Brand.id)
        .join(Receipt, Receipt.id == named.c.receipt_id)
        .join(Provider, Provider.id == Brand.provider_id)
        .join(Recipient, Recipient.id == Receipt.recipient_id)
        .order_by(Brand.name, Brand.id)
    )
    return [ReceiptBrand(*row) for row in rows]


def _is_same_receipt(receipt: Receipt) -> ColumnElement[bool]:
    return or_(Receipt.id == receipt.id, Receipt.number == receipt.number)


AMONG_STAFF = (StepAct.NOTED, StepAct.PUT_OFF, StepAct.REMINDED)
BY_PORTAL = (StepAct.REMINDED,)  # Steps of the portal itself.


@dataclass(frozen=True)
class OpenedReport:
    """A decrypted report of a message."""

    header: str
    text: str
    has_picture: bool
    hidden_until: datetime | None = None  # From staff.


@dataclass(frozen=True)
class OpenedStep:
    """A decrypted step. `by` is the name of the staff member, for staff only; None for the recipient and the portal."""

    complaint_id: int
    at: datetime
    act: StepAct
    is_persons: bool
    by: str | None
    text: str
    has_words: bool = False
    hidden_until: datetime | None = None  # The person's text, from staff.


@dataclass(frozen=True)
class QueueCounts:
    open: int
    overdue: int


def hidden_until(written_at: datetime, at: datetime) -> datetime | None:
    """Until when staff is not shown what a person wrote or uploaded in a case, or replied to the operator's number;
    None: it is shown. A firm may ask for a code of ours there, which would open to the firm what the person decided
    everywhere: by then it is over."""
    shown_at = written_at + AddressProof.CODE_LIFETIME
    return shown_at if at < shown_at else None


def read_report(vault: Vault, case: Complaint, *, staff_at: datetime | None = None) -> OpenedReport:
    """The report of a case, for its person, or as staff reads it at a moment. Texts whose seal is damaged are shown as
    HIDDEN."""
    if staff_at and (until := hidden_until(case.created_at, staff_at)):
        return OpenedReport("", "", has_picture=False, hidden_until=until if case.has_words else None)
    return OpenedReport(
        header=_decrypt(vault, case.header, Complaint.HEADER, case.provider_id, case.id),
        text=_decrypt(vault, case.text, Complaint.TEXT, case.provider_id, case.id),
        has_picture=case.picture is not None,
    )


def read_picture(vault: Vault, case: Complaint, *, staff_at: datetime) -> bytes | None:
    """The PNG of a report, as staff sees it at a moment. Raises CannotOpen."""
    if case.picture is None or hidden_until(case.created_at, staff_at):
        return None
    return vault.open(case.picture, Complaint.PICTURE, case.provider_id, case.id)


def list_steps(
    session: Session, vault: Vault, case_ids: Sequence[int], *, staff_at: datetime | None = None
) -> list[OpenedStep]:  # fmt: skip
    """The steps of cases, oldest first: for their person, or as staff sees them at a moment. Only staff see internal
    steps and the names of staff."""
    rows = session.execute(
        select(ComplaintStep, User.name, Complaint)
        .join(Complaint, Complaint.id == ComplaintStep.complaint_id)
        .outerjoin(User, User.id == ComplaintStep.user_id)
        .where(ComplaintStep.complaint_id.in_(case_ids))
        .order_by(ComplaintStep.at, ComplaintStep.id)
    )
    return [
        _open_step(vault, step, name, staff_at, has_words=step.text is not None or _is_report(step, case))
        for step, name, case in rows if staff_at or step.act not in AMONG_STAFF
    ]  # fmt: skip


def _is_report(step: ComplaintStep, case: Complaint) -> bool:
    """Whether it is the first step of a case whose report has words."""
    return step.act == StepAct.OPENED and case.has_words


def _open_step(
    vault: Vault, step: ComplaintStep, name: str | None, staff_at: datetime | None, *, has_words: bool
) -> OpenedStep:  # fmt: skip
    is_persons = step.user_id is None and step.act not in BY_PORTAL
    until = hidden_until(step.at, staff_at) if is_persons and has_words and staff_at else None
    return OpenedStep(
        complaint_id=step.complaint_id, at=step.at, act=step.act, is_persons=is_persons,
        by=(name or HIDDEN) if staff_at and step.user_id else None,
        text="" if until else _decrypt(vault, step.text, ComplaintStep.PLACE, step.provider_id, step.id),
        has_words=has_words, hidden_until=until,
    )  # fmt: skip


def list_cases(session: Session, receipt_ids: Sequence[int]) -> list[Complaint]:
    """The cases opened from receipts, newest first."""
    whose = select(Receipt.recipient_id).where(Receipt.id.in_(receipt_ids))  # For the index.
    theirs = select(Complaint).where(Complaint.receipt_id.in_(receipt_ids), Complaint.recipient_id.in_(whose))
    return list(session.scalars(theirs.order_by(Complaint.created_at.desc())))


def find_newest_cases(session: Session, receipt_ids: Sequence[int]) -> dict[int, Complaint]:
    """The newest case at each firm of who got these receipts, by whichever receipt; none where somebody else has the
    address since."""
    theirs = session.scalars(select(Receipt).where(Receipt.id.in_(receipt_ids))).all()
    whose = [(session.get_one(Recipient, each.recipient_id), each.decided_at) for each in theirs]
    still = [recipient.id for recipient, got_at in whose if held_until(session, recipient, got_at) is None]
    cases = select(Complaint).where(Complaint.recipient_id.in_(still)).order_by(Complaint.created_at, Complaint.id)
    return {each.provider_id: each for each in session.scalars(cases)}


def count_waiting(session: Session, provider_id: int, at: datetime) -> QueueCounts:
    late = func.coalesce(func.sum(when((Complaint.due_at < at, 1), else_=0)), 0)
    mine = select(func.count(), late).where(Complaint.provider_id == provider_id, Complaint.waits_at_desk())
    return QueueCounts(*session.execute(mine).one())


def _decrypt(vault: Vault, sealed: bytes | None, place: str, provider_id: int, row_id: int) -> str:
    if sealed is None:
        return ""
    try:
        return vault.read(sealed, place, provider_id, row_id)
    except CannotOpen:
        return HIDDEN
