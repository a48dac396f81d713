"""The business-day clock: until when a decision may be sent to İYS (H467), read safely and read leniently."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import holidays

from portal.clock import ISTANBUL, istanbul

CALENDAR_VERSION: str = holidays.__version__  # A later calendar may differ; deadlines already written stay as they are.
BUSINESS_DAYS = 3
LAST_SECOND = time(23, 59, 59, tzinfo=ISTANBUL)


def is_workday(day: date, half_days_count: bool) -> bool:
    """Whether that day is a business day: Monday to Friday without the full holidays of Law 2429.

    An eve (arife) and 28 October are holidays from 13:00 on; whether such a half day counts, the law does not say.
    """
    if day.weekday() >= 5 or day in _holidays(day.year, "public"):
        return False
    return half_days_count or day not in _holidays(day.year, "half_day")


def safe_deadline(decided_at: datetime) -> datetime:
    """The earlier reading, for alarms: half days count. The last second of the third business day after, in UTC."""
    return _deadline(istanbul(decided_at).date(), half_days_count=True)


def lenient_deadline(decided_at: datetime) -> datetime:
    """The later reading, after which sending is given up: half days do not count. In UTC."""
    return _deadline(istanbul(decided_at).date(), half_days_count=False)


@lru_cache(maxsize=4096)
def _deadline(decided_on: date, half_days_count: bool) -> datetime:
    last = decided_on
    for _ in range(BUSINESS_DAYS):
        last += timedelta(days=1)
        while not is_workday(last, half_days_count):
            last += timedelta(days=1)
    return datetime.combine(last, LAST_SECOND).astimezone(UTC)


@lru_cache
def _holidays(year: int, category: str) -> frozenset[date]:
    # A set of each year's own: the package's object fills in years while it is asked, which two threads cannot share.
    return frozenset(holidays.country_holidays("TR", years=year, categories=(category,), language="tr"))
