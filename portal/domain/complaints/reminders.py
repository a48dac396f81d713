"""A desk hears of each case three times at most: when it is opened, when its due date is near, and when that is over.

A step of the case says that it was told. Whether it was told of what is so now follows from when that was: another due
date, or a new beginning, is told anew.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from portal.core.models import Complaint, ComplaintStep, StepAct
from portal.domain.complaints.due_dates import Pressure, near_until, due_pressure


@dataclass(frozen=True)
class UnreportedCases:
    """How many cases of a desk it had not heard of: those that are new, near their due date, and past it."""

    opened: int
    near: int
    overdue: int


def desks_to_remind(session: Session, at: datetime) -> list[int]:
    """The providers whose desks may not have heard of something that is so now."""
    waiting = select(Complaint.provider_id).where(*_may_be_untold(at))
    return list(session.scalars(waiting.distinct().order_by(Complaint.provider_id)))


def take_reminder(session: Session, provider_id: int, at: datetime) -> UnreportedCases | None:
    """What a desk has to hear now, noted as told; None: nothing. Of two who ask at once, the second finds it told."""
    theirs = (Complaint.provider_id == provider_id, *_may_be_untold(at))
    held = session.scalars(select(Complaint).where(*theirs).order_by(Complaint.id).with_for_update()).all()
    heard = _heard(session, provider_id)  # Only now that the cases are held: it may have been told meanwhile.
    untold = [case for case in held if _is_untold(case, heard.get(case.id), at)]
    if not untold:
        return None
    session.add_all(
        ComplaintStep(provider_id=provider_id, complaint_id=case.id, at=at, act=StepAct.REMINDED) for case in untold
    )
    session.flush()
    pressures = [due_pressure(case, at) for case in untold]
    return UnreportedCases(*(pressures.count(each) for each in (Pressure.NONE, Pressure.SOON, Pressure.OVERDUE)))


def _is_untold(case: Complaint, received_at: datetime | None, at: datetime) -> bool:
    return received_at is None or due_pressure(case, received_at) != due_pressure(case, at)


def _heard(session: Session, provider_id: int) -> dict[int, datetime]:
    """When the desk last heard of each open case, since that was opened."""
    heard = (
        select(ComplaintStep.complaint_id, func.max(ComplaintStep.at))
        .join(Complaint, Complaint.id == ComplaintStep.complaint_id)
        .where(Complaint.provider_id == provider_id, Complaint.closed_at.is_(None))
        .where(ComplaintStep.act == StepAct.REMINDED, ComplaintStep.at >= _opened_at())
        .group_by(ComplaintStep.complaint_id)
    )
    return dict(session.execute(heard).all())


def _may_be_untold(at: datetime) -> tuple[ColumnElement[bool], ...]:
    """Open cases, without most of those that were told."""
    reminded = exists().where(ComplaintStep.complaint_id == Complaint.id, ComplaintStep.act == StepAct.REMINDED)
    is_new = ~reminded.where(ComplaintStep.at >= _opened_at())
    is_pressing = and_(Complaint.due_at <= near_until(at), ~reminded.where(ComplaintStep.at > Complaint.due_at))
    return Complaint.closed_at.is_(None), _opened_at() <= at, or_(is_new, is_pressing)


def _opened_at() -> ScalarSelect[datetime]:
    """When a case was opened, or last opened again."""
    step = aliased(ComplaintStep)
    opened = select(func.max(step.at)).where(
        step.complaint_id == Complaint.id, step.act.in_((StepAct.OPENED, StepAct.REOPENED))
    )
    return opened.correlate(Complaint).scalar_subquery()
