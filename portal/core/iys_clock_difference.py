"""How far our clock is from İYS's, as its answers told: services.iys.iys_clock keeps it in a row, for all processes."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.models import IysRate

LONGEST = timedelta(minutes=5)  # Clocks further apart are for a person to set: nothing is held or dated by so much.


def ahead(session: Session) -> timedelta:
    """How far our clock is ahead of İYS's; negative: behind it."""
    stored = session.scalar(select(IysRate.ahead_ms).where(IysRate.name == IysRate.CLOCK))
    return timedelta(milliseconds=stored or 0)
