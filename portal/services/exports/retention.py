"""How long a decision is kept, and so exported: three years from the end of its validity.

A grant ends with the key's next decision; one that still counts has no end. A refusal is kept for three years from its
own day; the consent, which stays, holds its effect. An annulled decision never counted.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, not_, or_
from sqlalchemy.orm import aliased

from portal.core.iys_protocol import Status
from portal.core.models import Decision, is_void

YEARS = 3


def kept_since(at: datetime) -> datetime:
    """Decisions that ended before this are no longer kept."""
    if (at.month, at.day) == (2, 29):
        at = at.replace(month=3, day=1)
    return at.replace(year=at.year - YEARS)


def is_kept(at: datetime) -> ColumnElement[bool]:
    """The condition that a decision is kept. Only for old grants the later decisions are looked up."""
    first = kept_since(at)
    later = aliased(Decision)
    ended = exists().where(
        later.consent_id == Decision.consent_id,
        later.effective_at > Decision.effective_at,
        later.effective_at < first,
        not_(is_void(later)),
    )
    return or_(Decision.effective_at >= first, and_(Decision.status == Status.GRANTED, not_(is_void()), not_(ended)))
