"""When a backup was restored last: messages that left between the backup and the loss are not known."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.models import NodeCounter
from portal.core.models.inserts import insert_missing

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAME = "restored"  # Of the NodeCounter that holds the moment, in seconds since 1970.


def note_restore(session: Session, at: datetime) -> None:
    """Note that a backup was restored by now. The caller commits."""
    insert_missing(session, NodeCounter, [{"name": NAME, "next": 0}])
    session.get_one(NodeCounter, NAME).next = (at - EPOCH) // timedelta(seconds=1)


def restored_at(session: Session) -> datetime | None:
    """When a backup was restored last; None: never."""
    moment = session.scalar(select(NodeCounter.next).where(NodeCounter.name == NAME))
    return None if moment is None else EPOCH + timedelta(seconds=moment)
