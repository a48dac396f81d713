"""The operator's holiday calendar: corrections over the calendar package, which deadlines are read by from then on.

A government may move a holiday, or give a day more, a week before. A deadline that is written stays as it is written.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from portal.core import business_days, clock
from portal.core.models import OPEN_OUTCOMES, DayKind, Holiday, Submission
from portal.core.models.ids import new_id
from portal.core.models.upsert import insert_missing

REFRESH_INTERVAL = timedelta(minutes=1)  # So long another process may go on by the calendar of before.
SATURDAY = 5


class NotAWeekday(ValueError):
    """Saturdays and Sundays are no business days anyway."""


@dataclass(frozen=True)
class CalendarDay:
    """One day of the calendar that is not simply a working day, or was made one."""

    day: date
    kind: DayKind
    name: str
    is_ours: bool  # The operator's own word, which stands over the package's.


_loaded_from: tuple[str, datetime] | None = None  # Of which database the corrections in use are, and since when.


def refresh_corrections(session: Session, at: datetime) -> None:
    """Read the corrections into this process, at most once in LOOKS_AGAIN."""
    database = session.get_bind(Holiday).url.render_as_string(hide_password=True)
    if (
        _loaded_from is None
        or _loaded_from[0] != database
        or not _loaded_from[1] <= at < _loaded_from[1] + REFRESH_INTERVAL
    ):
        load_corrections(session, at)


def load_corrections(session: Session, at: datetime) -> None:
    """Read the corrections into this process now."""
    global _loaded_from
    said = session.execute(select(Holiday.day, Holiday.kind)).all()
    full, half, free = (frozenset(day for day, its in said if its == kind) for kind in DayKind)
    business_days.use_corrections(business_days.Corrections(full=full, half=half, workdays=free))
    _loaded_from = session.get_bind(Holiday).url.render_as_string(hide_password=True), at


def holidays_of_year(session: Session, year: int) -> list[CalendarDay]:
    """The holidays of a year in their order: the package's, with the operator's corrections over them."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    days = {
        day: CalendarDay(day, DayKind.HALF if business_days.is_half_holiday(day) else DayKind.FULL, name, is_ours=False)
        for day, name in business_days.holiday_names(year).items()
    }
    for each in session.scalars(select(Holiday).where(Holiday.day.between(first, last))):
        days[each.day] = CalendarDay(each.day, each.kind, each.name, is_ours=True)
    return sorted(days.values(), key=lambda day: day.day)


def correct_day(session: Session, day: date, kind: DayKind, name: str, *, by: int, at: datetime) -> Holiday:
    """Say what a day is, over the package and over what was said before. Raises NotAWeekday."""
    if day.weekday() >= SATURDAY:
        raise NotAWeekday
    said = {"kind": kind, "name": name, "changed_by": by, "changed_at": at}
    insert_missing(session, Holiday, [{"id": new_id(), "day": day, **said}])
    session.execute(update(Holiday).where(Holiday.day == day).values(said))
    return session.scalars(select(Holiday).where(Holiday.day == day)).one()


def remove_correction(session: Session, day: date) -> bool:
    """Let the package's word hold for a day again; False where the operator had said nothing."""
    return bool(session.execute(delete(Holiday).where(Holiday.day == day)).rowcount)


def count_open_deadlines(session: Session, day: date) -> int:
    """How many decisions that İYS has not heard are counting towards a deadline over this day: theirs stays."""
    theirs = select(func.count()).where(
        Submission.outcome.in_(OPEN_OUTCOMES),
        Submission.consent_date < clock.start_of_day(day),
        Submission.lenient_deadline >= clock.start_of_day(day),
    )
    return session.scalar(theirs)
