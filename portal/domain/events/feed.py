"""Read events in the order of their sequence, and delete old ones."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from portal.core.models import Event, EventType, NodeCounter
from portal.domain.events.sequencer import COUNTER

KEPT = timedelta(days=60)


class PositionLost(Exception):
    """Events after this position are deleted, or the database was restored to a moment before it."""


@dataclass(frozen=True)
class FeedPage:
    events: list[Event]
    position: int  # The next page begins after this sequence.
    has_more: bool


def find_last_sequence(session: Session) -> int:
    """The sequence of the newest event that readers see; 0 before the first one."""
    return session.scalar(select(NodeCounter.next).where(NodeCounter.name == COUNTER)) or 0


def read_page(
    session: Session, provider_id: int, brand_ids: Collection[int], *, is_limited: bool, after: int | None, limit: int,
    types: Collection[EventType] = (),
) -> FeedPage:  # fmt: skip
    """A provider's next events after a sequence (None: from the oldest one kept): those of these brands and, unless the
    reader is limited to them, of no brand; of these types if any are given. Raises PositionLost."""
    last = find_last_sequence(session)  # First: whatever is numbered up to it is there when the events are read.
    found = select(Event).where(Event.provider_id == provider_id, Event.sequence > (after or 0), Event.sequence <= last)
    of_brands = Event.brand_id.in_(brand_ids)
    found = found.where(of_brands if is_limited else of_brands | Event.brand_id.is_(None))
    if types:
        found = found.where(Event.type.in_(types))
    events = list(session.scalars(found.order_by(Event.sequence).limit(limit)))
    if after is not None and not _is_kept(session, after, last):
        raise PositionLost
    has_more = len(events) == limit
    return FeedPage(events, events[-1].sequence or 0 if has_more else last, has_more)


def _is_kept(session: Session, after: int, last: int) -> bool:
    """Whether no event after it was gone by now. Sequences have no gaps but where a backup was restored, after which
    readers begin again, and the oldest are deleted first, so the next one tells. (The oldest one kept would be dear to
    find: PostgreSQL passes all that vacuum has not removed yet.)"""
    is_next_there = exists().where(Event.sequence == after + 1)
    return after == last or (after < last and bool(session.scalar(select(is_next_there))))


def find_oldest_kept(session: Session, at: datetime) -> int | None:
    """The sequence of the first event that is not older than KEPT."""
    kept = select(Event.sequence).where(Event.sequence.is_not(None), Event.at >= at - KEPT)
    return session.scalar(kept.order_by(Event.sequence).limit(1))


def find_first(session: Session, least: int = 0) -> int:
    """The lowest sequence that is there, of `least` or more; 0 without any."""
    numbered = Event.sequence.is_not(None), Event.sequence >= least  # As the index has it.
    return session.scalar(select(func.min(Event.sequence)).where(*numbered)) or 0


def delete_range(session: Session, first: int, end: int) -> None:
    """Delete the events from one sequence to before another."""
    session.execute(delete(Event).where(Event.sequence >= first, Event.sequence < end))
