"""Due dates of cases, and reminders of them: when one is opened, when its person's words hold sending, and when it is
nearly due and overdue.

A step of the case records each reminder. Its time tells which it was, so another due date, a reopened case and words
after those that were read are reminded anew.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from portal.core import business_days, clock
from portal.core.models import Complaint, ComplaintKind, ComplaintStep, StepAct

# Until the answer is due. An authority's letter may set another term; that of erasure is KVKK art. 13/2.
TERM = {ComplaintKind.STILL_RECEIVING: timedelta(days=15), ComplaintKind.ERASURE: timedelta(days=30)}
NEAR = 2  # Business days before the last day.
WORDS_REMINDED = timedelta(hours=1)  # Of a case whose person writes on, no more often.


class Pressure(StrEnum):
    NONE = "none"
    SOON = "soon"
    OVERDUE = "overdue"


def due_at(kind: ComplaintKind, at: datetime) -> datetime:
    """The due date of a case that is opened now: the last second of a day."""
    return end_of_day(clock.day(at) + TERM[kind])


def due_pressure(case: Complaint, at: datetime) -> Pressure:
    """How close a case's due date is; NONE for cases that wait for nothing."""
    if not case.waits or case.due_at > near_until(at):
        return Pressure.NONE
    return Pressure.SOON if case.due_at >= at else Pressure.OVERDUE


def near_until(at: datetime) -> datetime:
    """Due dates up to this moment count as close."""
    return end_of_day(business_days.add_business_days(clock.day(at), NEAR))


def end_of_day(day: date) -> datetime:
    """The last second of a day in Istanbul, in UTC."""
    return clock.start_of_day(day + timedelta(days=1)) - timedelta(seconds=1)


@dataclass(frozen=True)
class UnreportedCases:
    """How many cases of a desk need a reminder: new ones or with new words, nearly due and overdue ones."""

    opened: int
    near: int
    overdue: int


def desks_to_remind(session: Session, at: datetime) -> list[int]:
    """The providers whose desks may need a reminder."""
    waiting = select(Complaint.provider_id).where(*_may_need_reminder(at))
    return list(session.scalars(waiting.distinct().order_by(Complaint.provider_id)))


def record_reminders(session: Session, provider_id: int, at: datetime) -> UnreportedCases | None:
    """Count the cases to remind a desk of and record the reminder; None if there are none. Calls queue up."""
    theirs = (Complaint.provider_id == provider_id, *_may_need_reminder(at))
    locked = session.scalars(select(Complaint).where(*theirs).order_by(Complaint.id).with_for_update()).all()
    reminded_at = _find_last_reminders(session, provider_id)  # After locking: there may be a new one.
    due = [
        case
        for case in locked
        if (last := reminded_at.get(case.id)) is None
        or (case.unread_since is not None and case.unread_since > last < at - WORDS_REMINDED)
        or due_pressure(case, last) != due_pressure(case, at)
    ]
    if not due:
        return None
    session.add_all(
        ComplaintStep(provider_id=provider_id, complaint_id=case.id, at=at, act=StepAct.REMINDED) for case in due
    )
    session.flush()
    pressures = [due_pressure(case, at) for case in due]
    return UnreportedCases(*(pressures.count(each) for each in (Pressure.NONE, Pressure.SOON, Pressure.OVERDUE)))


def _find_last_reminders(session: Session, provider_id: int) -> dict[int, datetime]:
    """{case id: last reminder since the case was last opened}."""
    reminders = (
        select(ComplaintStep.complaint_id, func.max(ComplaintStep.at))
        .join(Complaint, Complaint.id == ComplaintStep.complaint_id)
        .where(Complaint.provider_id == provider_id, Complaint.waits_at_desk())
        .where(ComplaintStep.act == StepAct.REMINDED, ComplaintStep.at >= _opened_at())
        .group_by(ComplaintStep.complaint_id)
    )
    return dict(session.execute(reminders).all())


def _may_need_reminder(at: datetime) -> tuple[ColumnElement[bool], ...]:
    """Conditions for cases that wait, without most of those that were reminded."""
    reminded = exists().where(ComplaintStep.complaint_id == Complaint.id, ComplaintStep.act == StepAct.REMINDED)
    is_new = ~reminded.where(ComplaintStep.at >= _opened_at())
    is_pressing = and_(Complaint.due_at <= near_until(at), ~reminded.where(ComplaintStep.at > Complaint.due_at))
    is_told = or_(ComplaintStep.at >= Complaint.unread_since, ComplaintStep.at >= at - WORDS_REMINDED)
    is_held = and_(Complaint.unread_since.is_not(None), ~reminded.where(is_told))
    return Complaint.waits_at_desk(), _opened_at() <= at, or_(is_new, is_held, is_pressing)


def _opened_at() -> ScalarSelect[datetime]:
    """When a case was opened or last reopened."""
    step = aliased(ComplaintStep)
    opened = select(func.max(step.at)).where(
        step.complaint_id == Complaint.id, step.act.in_((StepAct.OPENED, StepAct.REOPENED))
    )
    return opened.correlate(Complaint).scalar_subquery()
