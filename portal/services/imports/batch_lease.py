"""Having a batch in hand: by a lease that each kept piece renews, and that a person's word takes away."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, update
from sqlalchemy.orm import Session

from portal.core.models import BatchState, ImportBatch

LEASE = timedelta(seconds=20)  # Far longer than a piece takes; what a killed worker had waits no longer.


class Lost(Exception):
    """The batch is no longer in our hands: a person stopped it or chose anew, or our lease ran out."""


@dataclass
class Hand:
    """A batch in hand while it is in one state."""

    batch_id: int
    state: BatchState
    lease_until: datetime

    def keep(self, session: Session, at: datetime, **values) -> None:
        """Write down how far it came, and have it for a full lease again. Raises Lost."""
        self._write(session, lease_until=at + LEASE, attempts=0, **values)
        self.lease_until = at + LEASE

    def end(self, session: Session, state: BatchState, at: datetime, **values) -> None:
        """Leave it in its next state, and let it go. Raises Lost."""
        self._write(session, lease_until=None, attempts=0, state=state, state_changed_at=at, **values)

    def let_go(self, session: Session) -> None:
        """Let it go where it is; whoever took it meanwhile keeps it."""
        session.execute(self._mine().values(lease_until=None).execution_options(synchronize_session=False))

    def _write(self, session: Session, **values) -> None:
        mine = self._mine().values(values).execution_options(synchronize_session=False)
        if session.execute(mine).rowcount != 1:
            raise Lost

    def _mine(self):
        return update(ImportBatch).where(
            ImportBatch.id == self.batch_id,
            ImportBatch.state == self.state,
            ImportBatch.lease_until == self.lease_until,
        )


def is_free(at: datetime) -> ColumnElement[bool]:
    """The condition that nobody has a batch in hand."""
    return or_(ImportBatch.lease_until.is_(None), ImportBatch.lease_until <= at)


def take(session: Session, batch_id: int, state: BatchState, at: datetime) -> Hand | None:
    """Take a batch that is in this state in hand; None where another has it, or it is elsewhere by now."""
    mine = update(ImportBatch).where(ImportBatch.id == batch_id, ImportBatch.state == state, is_free(at))
    leased = mine.values(lease_until=at + LEASE, attempts=ImportBatch.attempts + 1)
    taken = session.execute(leased.execution_options(synchronize_session=False)).rowcount == 1
    return Hand(batch_id, state, at + LEASE) if taken else None
