"""Release a bulk list that is held because too many calls failed: a person looked at it and answers for it."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.core.database import changed_rows
from portal.core.models import BulkRequest, BulkState


class NotHeld(Exception):
    """The list is not held (any more)."""


def release(session: Session, bulk: BulkRequest, *, user_id: int, at: datetime) -> None:
    """Send a held list at its next turn, however low the ratio is. Raises NotHeld."""
    held = update(BulkRequest).where(BulkRequest.id == bulk.id, BulkRequest.state == BulkState.HELD)
    released = held.values(state=BulkState.FORMED, due_at=at, released_at=at, released_by=user_id)
    if changed_rows(session, released) != 1:
        raise NotHeld
