"""Number the events that are committed: readers go by this number, which is given in the order in which they see it."""

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.core.database import changed_rows
from portal.core.models import Decision, DecisionTally, Event, EventType, NodeCounter
from portal.core.models.inserts import insert_missing, insert_or_add

COUNTER = "event"  # Its row is locked until the caller commits: one sequencer numbers at a time.
BATCH_SIZE = 5_000  # In one transaction.


def is_any_unsequenced(session: Session) -> bool:
    """Whether an event waits for its number: asked by a reader, before a write lock is taken."""
    return session.scalar(select(Event.id).where(Event.sequence.is_(None)).limit(1)) is not None


def sequence_events(session: Session, most: int = BATCH_SIZE) -> int:
    """Number up to `most` events, in the order in which they were written; how many they were.

    Of two that were written one after the other, as those of a consent are, whoever sees the second sees the first, so
    it gets the lower number. One that is committed later than others with a higher id gets a higher number than they.
    """
    insert_missing(session, NodeCounter, [{"name": COUNTER, "next": 0}])
    mine = NodeCounter.name == COUNTER
    last = session.scalars(select(NodeCounter.next).where(mine).with_for_update()).one()
    waiting = select(Event.id).where(Event.sequence.is_(None)).order_by(Event.id).limit(most).subquery()
    numbers = select(waiting.c.id, func.row_number().over(order_by=waiting.c.id).label("number")).subquery()
    numbered = update(Event).where(Event.id == numbers.c.id).values(sequence=last + numbers.c.number)
    count = changed_rows(session, numbered.execution_options(synchronize_session=False))
    session.execute(update(NodeCounter).where(mine).values(next=last + count))
    _tally_decisions(session, last)
    return count


def _tally_decisions(session: Session, last: int) -> None:
    """Count the decisions among the events numbered after `last`, by origin and status."""
    found = (
        select(Decision.origin, Decision.status, func.count())
        .join(Event, Event.subject_id == Decision.id)
        .where(Event.sequence > last, Event.type == EventType.DECISION_MADE)
        .group_by(Decision.origin, Decision.status)
    )
    for origin, status, count in session.execute(found).all():
        more = {"origin": origin, "status": status, "decisions": count}
        session.execute(insert_or_add(session, DecisionTally, more, sums=("decisions",)))
