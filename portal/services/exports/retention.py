"""How long a decision is kept, and so may be taken away: three years from the day on which it ended to count.

A grant ends with the key's next decision; one that still counts has no end. A refusal is kept for three years from its
own day; what it means is in the head of its key, which stays. One that was taken back never counted.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, not_, or_
from sqlalchemy.orm import aliased

from portal.core.iys_protocol import Status
from portal.core.models import Decision, is_void

YEARS = 3


def begins(at: datetime) -> datetime:
    """What ended before is no longer kept."""
    if (at.month, at.day) == (2, 29):
        at = at.replace(month=3, day=1)
    return at.replace(year=at.year - YEARS)


def is_kept(at: datetime) -> ColumnElement[bool]:
    """The condition on a decision. Only of an old grant is it asked what came after it."""
    first = begins(at)
    later = aliased(Decision)
    ended = exists().where(
        later.consent_id == Decision.consent_id,
        later.effective_at > Decision.effective_at,
        later.effective_at < first,
        not_(is_void(later)),
    )
    return or_(Decision.effective_at >= first, and_(Decision.status == Status.GRANTED, not_(is_void()), not_(ended)))
