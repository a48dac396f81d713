"""Number the events that are committed: readers go by this number, which is given in the order in which they see it."""

from datetime import datetime

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from portal.core.database import changed_rows
from portal.core.models import Decision, DecisionTally, Event, EventType, NodeCounter
from portal.core.models.inserts import insert_missing, insert_or_add

COUNTER = "event"  # Its row is locked until the caller commits: one sequencer numbers at a time.
BATCH_SIZE = 5_000  # In one transaction.
# What the database numbers events by, moved on to a number at least.
_MOVE_IDS = {
    "sqlite": (
        text("INSERT INTO sqlite_sequence (name, seq) SELECT 'event', 0 WHERE NOT EXISTS "
             "(SELECT 1 FROM sqlite_sequence WHERE name = 'event')"),
        text("UPDATE sqlite_sequence SET seq = :number WHERE name = 'event' AND seq < :number"),
    ),
    "postgresql": (
        text("SELECT setval(own, greatest(:number, coalesce(pg_sequence_last_value(own), 0))) "
             "FROM (SELECT pg_get_serial_sequence('event', 'id')::regclass AS own) AS ids"),
    ),
}  # fmt: skip


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


def skip_used_numbers(session: Session, at: datetime) -> None:
    """Move ids and sequences of later events past all that readers may know of a database that was lost: what was told
    since the backup had the numbers that come next. They go on with the time in milliseconds: they never come as fast
    as that, so that is past those of any earlier database, and of another restore of the same backup."""
    number = int(at.timestamp() * 1000)
    insert_missing(session, NodeCounter, [{"name": COUNTER, "next": 0}])
    behind = NodeCounter.name == COUNTER, NodeCounter.next < number
    session.execute(update(NodeCounter).where(*behind).values(next=number))
    for statement in _MOVE_IDS[session.get_bind().dialect.name]:
        session.execute(statement, {"number": number})


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
