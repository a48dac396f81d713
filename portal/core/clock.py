"""The only reader of time: aware datetimes in UTC, and the day as Istanbul counts it."""

from datetime import UTC, date, datetime, timedelta, timezone

ISTANBUL = timezone(timedelta(hours=3), "Europe/Istanbul")  # Fixed since 2016: Türkiye keeps no daylight saving.


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def istanbul(at: datetime) -> datetime:
    """The same moment on an Istanbul wall clock."""
    return at.astimezone(ISTANBUL)


def day(at: datetime) -> date:
    """The calendar day of a moment in Istanbul."""
    return istanbul(at).date()


def start_of_day(of: date) -> datetime:
    """Midnight in Istanbul at which that day begins, in UTC."""
    return datetime(of.year, of.month, of.day, tzinfo=ISTANBUL).astimezone(UTC)
