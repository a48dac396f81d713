"""A brand's last 365 days, each with how it stands; laid out by months and weeks."""

import calendar
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select

from portal.core import clock
from portal.core.extensions import read_session
from portal.core.models import Brand, Connection, DayState, Difference, ReconciledDay
from portal.services.iys.reconciliation import window

DAYS_BACK = 364  # Days before today.
RECENT = timedelta(days=31)


class DayMark(StrEnum):
    """How a day looks on the calendar; also the class of its cell."""

    AGREED = "agreed"
    EMPTY = "empty"
    DIFFERENT = "different"
    SETTLED = "settled"  # Its differences are settled; İYS no longer takes our agreement, or has not got it yet.
    WAITING = "waiting"
    MISSED = "missed"
    BEFORE = "before"  # The brand was not connected yet, or the day is not over.


@dataclass(frozen=True)
class Cell:
    """One day; `id` where it can be opened."""

    day: date
    sign: DayMark
    id: int | None = None
    differences: int = 0
    code: str | None = None
    days_left: int = 0


@dataclass(frozen=True)
class Month:
    """Its weeks from Monday on; None where a day belongs to another month, or lies outside the year shown."""

    first: date
    weekdays: list[date]  # Any week of it, for the names of its days.
    weeks: list[list[Cell | None]]


@dataclass(frozen=True)
class Year:
    """What the page shows: months since it was connected, the newest first; days that somebody should look at; and how
    many are of each sign."""

    months: list[Month]
    to_look_at: list[Cell]
    counts: Counter


def year_of(brand: Brand, at: datetime) -> Year:
    """The days of a brand up to today."""
    today = clock.day(at)
    first = today - timedelta(days=DAYS_BACK)
    rows = {row.day: row for row in _reconciled_days(brand, first)}
    connected_on = _connected_on(brand)
    cells = {day: _calendar_cell(day, rows.get(day), connected_on, at) for day in _days(first, today)}
    to_look_at = [cell for cell in cells.values() if _needs_attention(cell, today)]
    shown = {day.replace(day=1) for day, cell in cells.items() if cell.sign != DayMark.BEFORE} | {today.replace(day=1)}
    months = sorted(shown, reverse=True)
    counts = Counter(cell.sign for cell in cells.values())
    return Year([_month(month, cells) for month in months], to_look_at[::-1], counts)


def mark_of(state: DayState, differences: int) -> DayMark:
    """How a day with a row stands, once its open differences are counted."""
    if state == DayState.DIFFERENT:
        return DayMark.DIFFERENT if differences else DayMark.SETTLED
    return DayMark(state.value)


def _reconciled_days(brand: Brand, first: date):
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
    """The first day that is ours to compare."""
    since = select(Connection.created_at).where(Connection.provider_id == brand.provider_id)
    at = read_session().scalar(since)
    return clock.day(at) if at else None


def _calendar_cell(day: date, row, connected_on: date | None, at: datetime) -> Cell:
    left = window.days_left(day, at)
    if row is not None:
        differences = row.differences or 0
        sign = mark_of(row.state, differences)
        if row.state == DayState.DIFFERENT and row.code and not differences and window.is_open(day, at):
            sign = DayMark.DIFFERENT  # The file itself is not what İYS hashed.
        return Cell(day, sign, row.id, differences, row.code, left)
    if connected_on is None or day < connected_on or day > window.latest_day(at):
        return Cell(day, DayMark.BEFORE)
    return Cell(day, DayMark.WAITING if window.is_open(day, at) else DayMark.MISSED, days_left=left)


def _needs_attention(cell: Cell, today: date) -> bool:
    """What waits for a person, what İYS could not tell yet, and what was missed lately (nothing mends that)."""
    is_held_up = cell.sign == DayMark.WAITING and cell.code is not None
    is_lost = cell.sign == DayMark.MISSED and cell.day >= today - RECENT
    return cell.sign == DayMark.DIFFERENT or is_held_up or is_lost


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _month(first: date, cells: dict[date, Cell]) -> Month:
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    return Month(
        first, weeks[1], [[cells.get(day) if day.month == first.month else None for day in week] for week in weeks]
    )
