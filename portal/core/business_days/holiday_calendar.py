"""The operator's holiday calendar: corrections of the holiday package, since a government may add or move a holiday
a week before. Deadlines that are stored already stay as they are.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import URL, delete, func, select, update
from sqlalchemy.orm import Session

from portal.core import business_days, clock
from portal.core.database import changed_rows
from portal.core.ids import new_id
from portal.core.models import OPEN_OUTCOMES, DayKind, Holiday, Submission
from portal.core.models.inserts import insert_missing

REFRESH_INTERVAL = timedelta(minutes=1)  # So long another process may use the calendar of before.
SATURDAY = 5


class NotAWeekday(ValueError):
    """A correction for a Saturday or Sunday, which is no business day anyway."""


@dataclass(frozen=True)
class CalendarDay:
    """A holiday, a half day, or a holiday that was made a workday."""

    day: date
    kind: DayKind
    name: str
    is_ours: bool  # A correction by the operator, which overrides the package.


# Database URL of the corrections in use, and when they were read.
_loaded_from: tuple[URL | None, datetime] = None, datetime.min.replace(tzinfo=UTC)


def refresh_corrections(session: Session, at: datetime) -> None:
    """Read the corrections into this process, at most once in REFRESH_INTERVAL. What began before they were read, and
    waited for the database since, does not read them again."""
    database, loaded_at = _loaded_from
    if database != _database_url(session) or abs(at - loaded_at) >= REFRESH_INTERVAL:
        load_corrections(session, at)


def load_corrections(session: Session, at: datetime) -> None:
    """Read the corrections into this process now."""
    global _loaded_from
    rows = session.execute(select(Holiday.day, Holiday.kind)).all()
    full, half, workdays = (frozenset(day for day, its_kind in rows if its_kind == kind) for kind in DayKind)
    business_days.use_corrections(business_days.Corrections(full=full, half=half, workdays=workdays))
    _loaded_from = _database_url(session), at


def holidays_of_year(session: Session, year: int) -> list[CalendarDay]:
    """A year's holidays by date: the package's, overridden by the operator's corrections."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    days = {
        day: CalendarDay(day, DayKind.HALF if business_days.is_half_holiday(day) else DayKind.FULL, name, is_ours=False)
        for day, name in business_days.holiday_names(year).items()
    }
    for each in session.scalars(select(Holiday).where(Holiday.day.between(first, last))):
        days[each.day] = CalendarDay(each.day, each.kind, each.name, is_ours=True)
    return sorted(days.values(), key=lambda day: day.day)


def correct_day(session: Session, day: date, kind: DayKind, name: str, *, by: int, at: datetime) -> Holiday:
    """Store a correction for a day, in place of an earlier one. Raises NotAWeekday."""
    if day.weekday() >= SATURDAY:
        raise NotAWeekday
    values = {"kind": kind, "name": name, "changed_by": by, "changed_at": at}
    insert_missing(session, Holiday, [{"id": new_id(), "day": day, **values}])
    session.execute(update(Holiday).where(Holiday.day == day).values(values))
    return session.scalars(select(Holiday).where(Holiday.day == day)).one()


def remove_correction(session: Session, day: date) -> bool:
    """Delete the correction of a day; False where there was none."""
    return changed_rows(session, delete(Holiday).where(Holiday.day == day)) > 0


def count_open_deadlines(session: Session, day: date) -> int:
    """Count decisions waiting for İYS whose stored deadline spans this day: a correction does not move it."""
    open_over_day = select(func.count()).where(
        Submission.outcome.in_(OPEN_OUTCOMES),
        Submission.consent_date < clock.start_of_day(day),
        Submission.lenient_deadline >= clock.start_of_day(day),
    )
    return session.scalars(open_over_day).one()


def _database_url(session: Session) -> URL:
    return session.get_bind(Holiday).engine.url
