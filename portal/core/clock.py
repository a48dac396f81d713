"""The only source of the current time: aware datetimes in UTC, and calendar days in Istanbul."""

from datetime import UTC, date, datetime, timedelta, timezone

ISTANBUL = timezone(timedelta(hours=3), "Europe/Istanbul")  # Fixed since 2016: Türkiye keeps no daylight saving.


def now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC)


def istanbul(at: datetime) -> datetime:
    """Convert a time to Istanbul's time zone."""
    return at.astimezone(ISTANBUL)


def day(at: datetime) -> date:
    """The calendar day of a time in Istanbul."""
    return istanbul(at).date()


def start_of_day(of: date) -> datetime:
    """Midnight in Istanbul when that day begins, in UTC."""
    return datetime(of.year, of.month, of.day, tzinfo=ISTANBUL).astimezone(UTC)
