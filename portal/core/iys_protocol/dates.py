"""İYS's dates: written and read as it writes them, or read as it may spell them."""

import re
from datetime import UTC, datetime, timedelta

from portal.core.clock import ISTANBUL

WIRE_DATE = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", re.ASCII)
ANY_DATE = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d(:?\d\d)?)?", re.ASCII | re.IGNORECASE)
FIRST_DATE = "2015-05-01 00:00:00"  # Of a consent.
FIRST_RECORD = "2020-01-01 00:00:00"  # İYS began.
A_DAY = timedelta(days=1)


def format_wire_date(at: datetime) -> str:
    """A time as İYS writes it: Turkey time, truncated to the second (rounding up could reach the future: H162)."""
    if at.tzinfo is None:
        raise ValueError("a datetime needs its time zone")
    return at.astimezone(ISTANBUL).isoformat(" ", "seconds")[:19]


def parse_wire_date(text: str) -> datetime:
    """Parse İYS's date format, to UTC. Raises ValueError for another format or an impossible date."""
    if not WIRE_DATE.fullmatch(text):
        raise ValueError(f"not a date as İYS writes it: {text!r}")
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ISTANBUL).astimezone(UTC)
    except OverflowError:  # The first hours of the year 1 have no UTC.
        raise ValueError(f"not a date we can hold: {text!r}") from None


def read_wire_date(value: object) -> datetime | None:
    """Parse İYS's date format, to UTC; None for anything else."""
    try:
        return parse_wire_date(value) if isinstance(value, str) else None
    except ValueError:
        return None


def read_consent_date(value: object, at: datetime) -> datetime | None:
    """When İYS says, asked at `at`, that a consent was decided; in any spelling, None for what stands for no date."""
    return _read_moment(value, parse_wire_date(FIRST_DATE), at)


def read_creation_date(value: object, at: datetime) -> datetime | None:
    """When İYS says, asked at `at`, that it stored a consent; as above."""
    return _read_moment(value, parse_wire_date(FIRST_RECORD), at)


def _read_moment(value: object, first: datetime, at: datetime) -> datetime | None:
    """A moment that can be true, to UTC: what programs write for none (1900, 1970, 9999) is not. In İYS's own format,
    or with a T, fractions or a time zone. Never of what is sent to it."""
    text = value.strip() if isinstance(value, str) else ""
    if not ANY_DATE.fullmatch(text):
        return None
    try:
        read = datetime.fromisoformat(text.upper())
        read = (read if read.tzinfo else read.replace(tzinfo=ISTANBUL)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return read if first <= read <= at + A_DAY else None
