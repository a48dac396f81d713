"""Due dates of cases, and how close they are."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from portal.core import business_days, clock
from portal.core.models import Complaint, ComplaintKind

# Until the answer is due. An authority's letter may set another term; that of erasure is KVKK art. 13/2.
TERM = {ComplaintKind.STILL_RECEIVING: timedelta(days=15), ComplaintKind.ERASURE: timedelta(days=30)}
NEAR = 2  # Business days before the last day.


class Pressure(StrEnum):
    """How close the due date is."""

    NONE = "none"
    SOON = "soon"
    OVERDUE = "overdue"


def due_at(kind: ComplaintKind, at: datetime) -> datetime:
    """The due date of a case that is opened now: the last second of a day."""
    return end_of_day(clock.day(at) + TERM[kind])


def due_pressure(case: Complaint, at: datetime) -> Pressure:
    """How close a case's due date is; NONE for closed cases."""
    if case.closed_at is not None or case.due_at > near_until(at):
        return Pressure.NONE
    return Pressure.SOON if case.due_at >= at else Pressure.OVERDUE


def near_until(at: datetime) -> datetime:
    """Due dates up to this moment count as close."""
    return end_of_day(business_days.add_business_days(clock.day(at), NEAR))


def end_of_day(day: date) -> datetime:
    """The last second of a day in Istanbul, in UTC."""
    return clock.start_of_day(day + timedelta(days=1)) - timedelta(seconds=1)
