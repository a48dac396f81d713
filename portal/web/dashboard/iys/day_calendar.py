"""A brand's last 365 days with their reconciliation state, laid out by months and weeks."""

import calendar
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Row, func, select

from portal.core import clock
from portal.core.extensions import read_session
from portal.core.models import Brand, Connection, DayState, Difference, ReconciledDay
from portal.services.iys.reconciliation import schedule

DAYS_BACK = 364  # Days before today.
RECENT = timedelta(days=31)


class DayMark(StrEnum):
    """State of a day on the calendar; also the CSS class of its cell."""

    AGREED = "agreed"
    EMPTY = "empty"
    DIFFERENT = "different"
    SETTLED = "settled"  # Differences settled; İYS has not got our agreement (yet, or takes it no more).
    WAITING = "waiting"
    MISSED = "missed"
    BEFORE = "before"  # Not connected yet, or the day is not over.


@dataclass(frozen=True)
class Cell:
    """One day; `id` where it has a page."""

    day: date
    mark: DayMark
    id: int | None = None
    differences: int = 0
    code: str | None = None
    days_left: int = 0


@dataclass(frozen=True)
class Month:
    """Weeks from Monday on; None for a day of another month or outside the year shown."""

    first: date
    weekdays: list[date]  # Any week, for the names of the days.
    weeks: list[list[Cell | None]]


@dataclass(frozen=True)
class Year:
    months: list[Month]  # Since the brand was connected, the newest first.
    needs_attention: list[Cell]
    counts: Counter[DayMark]


def year_of(brand: Brand, at: datetime) -> Year:
    today = clock.day(at)
    days = [today - timedelta(days=back) for back in range(DAYS_BACK, -1, -1)]
    rows = {row.day: row for row in _reconciled_days(brand, days[0])}
    connected_on = _connected_on(brand)
    cells = {day: _calendar_cell(day, rows.get(day), connected_on, at) for day in days}
    needs_attention = [cell for cell in cells.values() if _needs_attention(cell, today)]
    shown = {day.replace(day=1) for day, cell in cells.items() if cell.mark != DayMark.BEFORE} | {today.replace(day=1)}
    months = sorted(shown, reverse=True)
    counts = Counter(cell.mark for cell in cells.values())
    return Year([_month(month, cells) for month in months], needs_attention[::-1], counts)


def mark_of(state: DayState, differences: int) -> DayMark:
    """The mark of a compared day with so many open differences."""
    if state == DayState.DIFFERENT:
        return DayMark.DIFFERENT if differences else DayMark.SETTLED
    return DayMark(state.value)


def _reconciled_days(brand: Brand, first: date) -> Iterable[Row]:
    still_open = (
        select(Difference.day_id, func.count().label("differences"))
        .where(
            Difference.provider_id == brand.provider_id,
            Difference.brand_id == brand.id,
            Difference.settled_at.is_(None),
            Difference.day_id.is_not(None),
        )
        .group_by(Difference.day_id)
        .subquery()
    )
    return read_session().execute(
        select(
            ReconciledDay.id, ReconciledDay.day, ReconciledDay.state, ReconciledDay.code, still_open.c.differences
        )
        .outerjoin(still_open, still_open.c.day_id == ReconciledDay.id)
        .where(ReconciledDay.brand_id == brand.id, ReconciledDay.day >= first)
    )  # fmt: skip


def _connected_on(brand: Brand) -> date | None:
    """The first day to compare."""
    created_at = select(Connection.created_at).where(Connection.provider_id == brand.provider_id)
    at = read_session().scalar(created_at)
    return clock.day(at) if at else None


def _calendar_cell(day: date, row: Row | None, connected_on: date | None, at: datetime) -> Cell:
    left = schedule.days_left(day, at)
    if row is not None:
        differences = row.differences or 0
        mark = mark_of(row.state, differences)
        if row.state == DayState.DIFFERENT and row.code and not differences and schedule.is_open(day, at):
            mark = DayMark.DIFFERENT  # The file itself is not what İYS hashed.
        return Cell(day, mark, row.id, differences, row.code, left)
    if connected_on is None or day < connected_on or day > schedule.latest_day(at):
        return Cell(day, DayMark.BEFORE)
    return Cell(day, DayMark.WAITING if schedule.is_open(day, at) else DayMark.MISSED, days_left=left)


def _needs_attention(cell: Cell, today: date) -> bool:
    """Differences, days that İYS could not answer for, and recently missed ones (nothing repairs those)."""
    is_held_up = cell.mark == DayMark.WAITING and cell.code is not None
    is_lost = cell.mark == DayMark.MISSED and cell.day >= today - RECENT
    return cell.mark == DayMark.DIFFERENT or is_held_up or is_lost


def _month(first: date, cells: dict[date, Cell]) -> Month:
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    return Month(
        first, weeks[1], [[cells.get(day) if day.month == first.month else None for day in week] for week in weeks]
    )
