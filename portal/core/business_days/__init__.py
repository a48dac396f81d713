"""The business-day clock: until when a decision may be sent to İYS (H467), read safely and read leniently."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import holidays

from portal.core.clock import ISTANBUL, istanbul

CALENDAR_VERSION: str = holidays.__version__  # A later calendar may differ; deadlines already written stay as they are.
BUSINESS_DAYS = 3
LAST_SECOND = time(23, 59, 59, tzinfo=ISTANBUL)


@dataclass(frozen=True)
class Corrections:
    """Days on which the operator knows better than the calendar package."""

    full: frozenset[date] = frozenset()
    half: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()


NO_CORRECTIONS = Corrections()
_corrections = NO_CORRECTIONS  # This process's; portal/core/business_days/holiday_calendar.py keeps them current.


def use_corrections(corrections: Corrections) -> None:
    """Read the calendar with these corrections from now on, in place of those before."""
    global _corrections
    _corrections = corrections


def is_business_day(day: date, half_days_count: bool) -> bool:
    """Whether that day is a business day: Monday to Friday without the full holidays of Law 2429.

    An eve (arife) and 28 October are holidays from 13:00 on; whether such a half day counts, the law does not say.
    """
    return _is_business_day(day, half_days_count, _corrections)


def safe_deadline(decided_at: datetime) -> datetime:
    """The earlier reading, for alarms: half days count. The last second of the third business day after, in UTC."""
    return _deadline(istanbul(decided_at).date(), True, _corrections)


def lenient_deadline(decided_at: datetime) -> datetime:
    """The later reading, after which sending is given up: half days do not count. In UTC."""
    return _deadline(istanbul(decided_at).date(), False, _corrections)


def add_business_days(day: date, business_days: int) -> date:
    """The day so many business days after a day. Half days do not count: little gets done on them."""
    return _add_business_days(day, business_days, False, _corrections)


@lru_cache
def holiday_names(year: int) -> dict[date, str]:
    """What the calendar package calls the holidays of a year, half days among them. Not to be changed."""
    return dict(holidays.country_holidays("TR", years=year, categories=("public", "half_day"), language="tr"))


def is_half_holiday(day: date) -> bool:
    """Whether the calendar package, without corrections, makes it a holiday from 13:00 on only."""
    return day in _holidays(day.year, "half_day") and day not in _holidays(day.year, "public")


@lru_cache(maxsize=4096)
def _deadline(decided_on: date, half_days_count: bool, corrections: Corrections) -> datetime:
    last = _add_business_days(decided_on, BUSINESS_DAYS, half_days_count, corrections)
    return datetime.combine(last, LAST_SECOND).astimezone(UTC)


def _add_business_days(day: date, business_days: int, half_days_count: bool, corrections: Corrections) -> date:
    for _ in range(business_days):
        day += timedelta(days=1)
        while not _is_business_day(day, half_days_count, corrections):
            day += timedelta(days=1)
    return day


def _is_business_day(day: date, half_days_count: bool, corrections: Corrections) -> bool:
    if day.weekday() >= 5 or day in corrections.full:
        return False
    if day in corrections.workdays:
        return True
    if day in corrections.half:
        return half_days_count
    if day in _holidays(day.year, "public"):
        return False
    return half_days_count or day not in _holidays(day.year, "half_day")


@lru_cache
def _holidays(year: int, category: str) -> frozenset[date]:
    # A set of each year's own: the package's object fills in years while it is asked, which two threads cannot share.
    return frozenset(holidays.country_holidays("TR", years=year, categories=(category,), language="tr"))
