"""The lease of an import batch in one state; each stored chunk renews it, and a person's action takes it away."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal.core import leases
from portal.core.leases import LeaseLost
from portal.core.models import BatchState, ImportBatch

LEASE = timedelta(seconds=20)  # Far longer than a chunk takes; what a killed worker held is free again after it.


@dataclass
class BatchLease:
    id: int
    state: BatchState
    lease_until: datetime | None

    def renew(self, session: Session, at: datetime, **values: object) -> None:
        """Store progress and hold the batch for a full lease again. Raises LeaseLost."""
        in_state = ImportBatch.state == self.state
        self.lease_until = leases.renew(session, ImportBatch, self, in_state, at=at, lease=LEASE, attempts=0, **values)

    def finish(self, session: Session, state: BatchState, at: datetime, **values: object) -> None:
        """Move the batch to its next state and release it. Raises LeaseLost."""
        if not self.release(session, attempts=0, state=state, state_changed_at=at, **values):
            raise LeaseLost

    def release(self, session: Session, **values: object) -> bool:
        """Release the batch where it is; False where somebody else has it."""
        return bool(leases.release(session, ImportBatch, [self], ImportBatch.state == self.state, **values))


def claim_batch(session: Session, batch_id: int, state: BatchState, at: datetime) -> BatchLease | None:
    """Claim a batch in this state; None where another worker has it, or its state is another by now."""
    claimed = leases.claim(
        session, ImportBatch, ImportBatch.id == batch_id, ImportBatch.state == state,
        at=at, lease=LEASE, attempts=ImportBatch.attempts + 1,
    )  # fmt: skip
    return BatchLease(batch_id, state, at + LEASE) if claimed else None
