"""The operator's holiday calendar: corrections over the calendar package, which deadlines are read by from then on.

A government may move a holiday, or give a day more, a week before. A deadline that is written stays as it is written.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from portal.core import business_days, clock
from portal.core.models import OPEN, DayKind, Holiday, Submission
from portal.core.models.ids import new_id
from portal.core.models.upsert import insert_missing

LOOKS_AGAIN = timedelta(minutes=1)  # So long another process may go on by the calendar of before.
SATURDAY = 5


class NotAWeekday(ValueError):
    """Saturdays and Sundays are no business days anyway."""


@dataclass(frozen=True)
class Day:
    """One day of the calendar that is not simply a working day, or was made one."""

    day: date
    kind: DayKind
    name: str
    is_ours: bool  # The operator's own word, which stands over the package's.


_seen: tuple[str, datetime] | None = None  # Of which database the corrections in use are, and since when.


def keep_current(session: Session, at: datetime) -> None:
    """Read the corrections into this process, at most once in LOOKS_AGAIN."""
    database = session.get_bind(Holiday).url.render_as_string(hide_password=True)
    if _seen is None or _seen[0] != database or not _seen[1] <= at < _seen[1] + LOOKS_AGAIN:
        load(session, at)


def load(session: Session, at: datetime) -> None:
    """Read the corrections into this process now."""
    global _seen
    said = session.execute(select(Holiday.day, Holiday.kind)).all()
    full, half, free = (frozenset(day for day, its in said if its == kind) for kind in DayKind)
    business_days.correct(business_days.Corrections(full=full, half=half, workdays=free))
    _seen = session.get_bind(Holiday).url.render_as_string(hide_password=True), at


def of_year(session: Session, year: int) -> list[Day]:
    """The holidays of a year in their order: the package's, with the operator's corrections over them."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    days = {
        day: Day(day, DayKind.HALF if business_days.is_half(day) else DayKind.FULL, name, is_ours=False)
        for day, name in business_days.names_of(year).items()
    }
    for each in session.scalars(select(Holiday).where(Holiday.day.between(first, last))):
        days[each.day] = Day(each.day, each.kind, each.name, is_ours=True)
    return sorted(days.values(), key=lambda day: day.day)


def correct(session: Session, day: date, kind: DayKind, name: str, *, by: int, at: datetime) -> Holiday:
    """Say what a day is, over the package and over what was said before. Raises NotAWeekday."""
    if day.weekday() >= SATURDAY:
        raise NotAWeekday
    said = {"kind": kind, "name": name, "changed_by": by, "changed_at": at}
    insert_missing(session, Holiday, [{"id": new_id(), "day": day, **said}])
    session.execute(update(Holiday).where(Holiday.day == day).values(said))
    return session.scalars(select(Holiday).where(Holiday.day == day)).one()


def take_back(session: Session, day: date) -> bool:
    """Let the package's word hold for a day again; False where the operator had said nothing."""
    return bool(session.execute(delete(Holiday).where(Holiday.day == day)).rowcount)


def waiting_over(session: Session, day: date) -> int:
    """How many decisions that İYS has not heard are counting towards a deadline over this day: theirs stays."""
    theirs = select(func.count()).where(
        Submission.outcome.in_(OPEN),
        Submission.consent_date < clock.start_of_day(day),
        Submission.lenient_deadline >= clock.start_of_day(day),
    )
    return session.scalar(theirs)
