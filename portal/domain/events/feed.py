"""Read events in the order of their sequence, and delete old ones."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from portal.core.database import changed_rows
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
    """Whether no event after it was gone by now. Sequences have no gaps, and the oldest are deleted first."""
    numbered = select(func.min(Event.sequence)).where(Event.sequence.is_not(None))  # As the index has it.
    oldest = session.scalar(numbered)
    return after <= last and (oldest is None or after >= oldest - 1)


def find_oldest_kept(session: Session, at: datetime) -> int | None:
    """The sequence of the first event that is not older than KEPT."""
    kept = select(Event.sequence).where(Event.sequence.is_not(None), Event.at >= at - KEPT)
    return session.scalar(kept.order_by(Event.sequence).limit(1))


def delete_before(session: Session, oldest: int, most: int) -> int:
    """Delete up to `most` events before this sequence, the first ones first; how many they were. That one stays, and
    tells what is gone."""
    old = select(Event.id).where(Event.sequence < oldest).order_by(Event.sequence).limit(most)
    return changed_rows(session, delete(Event).where(Event.id.in_(old)))
