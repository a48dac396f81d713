"""Until when İYS takes what it is told."""

from datetime import datetime, timedelta

from portal.core import business_days
from portal.core.iys_protocol import RecipientType, Source

NEVER = timedelta(days=3650)  # What İYS takes at any age is never too late.


def has_time_limit(recipient_type: RecipientType, source: str | None) -> bool:
    """Whether İYS surely takes it for three business days only (H467); of merchants its documents leave that open."""
    return recipient_type == RecipientType.INDIVIDUAL and source != Source.BEFORE_2015


def deadlines_when_told(
    recipient_type: RecipientType, source: str | None, date: datetime, at: datetime
) -> tuple[datetime, datetime]:
    """Safe and lenient, of what is told at `at`. A refusal that is too old for İYS has those of one that is made now:
    it is renewed when its turn comes. What İYS takes at any age has no last minute."""
    today = _deadlines_of(at)
    if not has_time_limit(recipient_type, source):
        return today[0], today[1] + NEVER
    its = _deadlines_of(date)
    return its if its[1] >= at else today


def _deadlines_of(date: datetime) -> tuple[datetime, datetime]:
    return business_days.safe_deadline(date), business_days.lenient_deadline(date)
