"""Business days (Law 2429) and the deadlines until when a decision may be sent to İYS (H467)."""

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
    """The operator's corrections of the holiday package."""

    full: frozenset[date] = frozenset()
    half: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()


NO_CORRECTIONS = Corrections()
_corrections = NO_CORRECTIONS  # Of this process; holiday_calendar.py keeps them current.


def use_corrections(corrections: Corrections) -> None:
    """Replace the corrections that this process uses."""
    global _corrections
    _corrections = corrections


def is_business_day(day: date, half_days_count: bool) -> bool:
    """Whether a day is a business day: Monday to Friday without the full holidays of Law 2429.

    An eve (arife) and 28 October are holidays from 13:00 on; the law does not say whether such a half day counts.
    """
    return _is_business_day(day, half_days_count, _corrections)


def safe_deadline(decided_at: datetime) -> datetime:
    """The earlier interpretation, for alarms: half days count. Last second of the third business day, in UTC."""
    return _deadline(istanbul(decided_at).date(), True, _corrections)


def earliest_in_time(at: datetime) -> datetime:
    """The first moment whose safe_deadline is not over yet."""
    day = istanbul(at).date()
    while _deadline(before := day - timedelta(days=1), True, _corrections) >= at:
        day = before
    return datetime.combine(day, time(), ISTANBUL).astimezone(UTC)


def lenient_deadline(decided_at: datetime) -> datetime:
    """The later interpretation, after which nothing is sent: half days do not count. In UTC."""
    return _deadline(istanbul(decided_at).date(), False, _corrections)


def add_business_days(day: date, business_days: int) -> date:
    """The date that many business days later. Half days do not count."""
    return _add_business_days(day, business_days, False, _corrections)


@lru_cache
def holiday_names(year: int) -> dict[date, str]:
    """Turkish names of a year's holidays and half days in the package. Cached: don't change the dict."""
    return dict(holidays.country_holidays("TR", years=year, categories=("public", "half_day"), language="tr"))


def is_half_holiday(day: date) -> bool:
    """Whether the package, without corrections, has a holiday from 13:00 on only."""
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
    # A set per year: the package's object adds years when it is queried, which is not thread-safe.
    return frozenset(holidays.country_holidays("TR", years=year, categories=(category,), language="tr"))
