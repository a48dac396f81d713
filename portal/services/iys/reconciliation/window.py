"""The days that İYS still reports: from yesterday back to seven days (H502), in Istanbul time."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.core import clock

DAYS_BACK = 7
AFTER_MIDNIGHT = timedelta(hours=3)  # İYS has made the files of the day by then.
DAY = timedelta(days=1)


@dataclass(frozen=True)
class BrandDay:
    """A day of a brand."""

    provider_id: int
    brand_id: int
    day: date


def latest_day(at: datetime) -> date:
    """The newest day that is over."""
    return clock.day(at) - DAY


def oldest_day(at: datetime) -> date:
    """The oldest day that can still be fetched."""
    return clock.day(at) - DAYS_BACK * DAY


def is_open(day: date, at: datetime) -> bool:
    """Whether İYS still gives that day's file and accepts its confirmation."""
    return oldest_day(at) <= day <= latest_day(at)


def days_left(day: date, at: datetime) -> int:
    """How many days are left to fetch it, today included; 0 if it is too late."""
    return max(0, (day - oldest_day(at)).days + 1)


def first_attempt_at(day: date) -> datetime:
    """When a day is first reconciled: in the night after it."""
    return clock.start_of_day(day + DAY) + AFTER_MIDNIGHT


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The start of a day and of the next one."""
    return clock.start_of_day(day), clock.start_of_day(day + DAY)
