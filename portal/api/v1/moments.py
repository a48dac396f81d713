"""Moments as the API writes them: ISO 8601 in Turkey's zone; dates of consents in İYS's own format."""

from datetime import datetime

from portal.core import clock
from portal.core.iys_protocol import format_wire_date


def moment(at: datetime | None) -> str | None:
    """To the second: "2026-11-24T14:02:00+03:00"."""
    return at.astimezone(clock.ISTANBUL).isoformat(timespec="seconds") if at else None


def wire_date(at: datetime | None) -> str | None:
    """As İYS writes a consent's date."""
    return format_wire_date(at) if at else None
