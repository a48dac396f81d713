"""Reading cases: the report, the steps, and how many are open at a provider."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case as when
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.addresses import HIDDEN
from portal.core.models import Complaint, ComplaintStep, Receipt, StepAct, User
from portal.core.vault import CannotOpen, Vault

AMONG_STAFF = (StepAct.NOTED, StepAct.PUT_OFF, StepAct.REMINDED)
BY_PORTAL = (StepAct.REMINDED,)  # Steps of the portal itself.


@dataclass(frozen=True)
class OpenedReport:
    """A decrypted report of a message."""

    header: str
    text: str
    has_picture: bool


@dataclass(frozen=True)
class OpenedStep:
    """A decrypted step. `by` is the name of the staff member, for staff only; None for the recipient and the portal."""

    complaint_id: int
    at: datetime
    act: StepAct
    is_persons: bool
    by: str | None
    text: str


@dataclass(frozen=True)
class QueueCounts:
    """How many cases of a provider are open."""

    open: int
    overdue: int


def read_report(vault: Vault, case: Complaint) -> OpenedReport:
    """The report of a case. Texts whose seal is damaged are shown as HIDDEN."""
    return OpenedReport(
        header=_decrypt(vault, case.header, Complaint.HEADER, case.provider_id, case.id),
        text=_decrypt(vault, case.text, Complaint.TEXT, case.provider_id, case.id),
        has_picture=case.picture is not None,
    )


def list_steps(session: Session, vault: Vault, case_ids: Sequence[int], *, for_staff: bool = False) -> list[OpenedStep]:
    """The steps of cases, oldest first. Only staff see internal steps and the names of staff."""
    rows = session.execute(
        select(ComplaintStep, User.name)
        .outerjoin(User, User.id == ComplaintStep.user_id)
        .where(ComplaintStep.complaint_id.in_(case_ids))
        .order_by(ComplaintStep.at, ComplaintStep.id)
    )
    return [
        OpenedStep(
            complaint_id=step.complaint_id, at=step.at, act=step.act,
            is_persons=step.user_id is None and step.act not in BY_PORTAL,
            by=(name or HIDDEN) if for_staff and step.user_id else None,
            text=_decrypt(vault, step.text, ComplaintStep.PLACE, step.provider_id, step.id),
        )
        for step, name in rows
        if for_staff or step.act not in AMONG_STAFF
    ]  # fmt: skip


def list_cases(session: Session, receipt_ids: Sequence[int]) -> list[Complaint]:
    """The cases opened from receipts, newest first."""
    whose = select(Receipt.recipient_id).where(Receipt.id.in_(receipt_ids))  # For the index.
    theirs = select(Complaint).where(Complaint.receipt_id.in_(receipt_ids), Complaint.recipient_id.in_(whose))
    return list(session.scalars(theirs.order_by(Complaint.created_at.desc())))


def count_waiting(session: Session, provider_id: int, at: datetime) -> QueueCounts:
    """Count a provider's open and overdue cases."""
    late = func.coalesce(func.sum(when((Complaint.due_at < at, 1), else_=0)), 0)
    mine = select(func.count(), late).where(Complaint.provider_id == provider_id, Complaint.closed_at.is_(None))
    return QueueCounts(*session.execute(mine).one())


def _decrypt(vault: Vault, sealed: bytes | None, place: str, provider_id: int, row_id: int) -> str:
    if sealed is None:
        return ""
    try:
        return vault.read(sealed, place, provider_id, row_id)
    except CannotOpen:
        return HIDDEN
