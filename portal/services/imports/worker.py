"""The worker of import batches: by lease, a few seconds at a time, so that nothing else waits behind a large file."""

import time

import structlog
from sqlalchemy import select

from portal.core import clock, leases
from portal.core.extensions import db, read_session
from portal.core.leases import LeaseLost
from portal.core.models import BatchState, ImportBatch
from portal.core.models.imports import WORKER_STATES
from portal.core.vault import KeyMissing
from portal.services.imports import batches, intake
from portal.services.imports.batches import BatchLease
from portal.services.imports.dry_run import DryRun
from portal.services.imports.execution import Run
from portal.services.imports.undo import Undo

log = structlog.get_logger()

PAUSE = 0.2  # Seconds before looking again at a batch that another worker holds.

# Dry runs paused between two slices, with the entries they have seen; their leases go on. They live in this process
# only: after its end another worker begins them again.
_paused: dict[int, DryRun] = {}


def unfinished_batches() -> list[int]:
    """Batches that wait for a worker and that nobody holds."""
    is_free = leases.is_free(ImportBatch, clock.now())
    waiting = select(ImportBatch.id).where(ImportBatch.state.in_(WORKER_STATES), is_free)
    return list(read_session().scalars(waiting.order_by(ImportBatch.state_changed_at)))


def work(batch_id: int, seconds: float = 5.0) -> bool:
    """Do the next step of a batch for about so long; whether more is to do, by this worker or another."""
    state = _state(batch_id)
    if state not in WORKER_STATES:
        _discard_paused(batch_id)
        return False
    try:
        step = _claim_step(batch_id, state)
        if step is None:
            time.sleep(PAUSE)
            return True
        return _run_step(step, seconds)
    except LeaseLost:
        db.session.rollback()
        _discard_paused(batch_id)
        return _state(batch_id) in WORKER_STATES
    except KeyMissing:  # Another worker may know it; this one looks again in a minute.
        return False


def _state(batch_id: int) -> BatchState | None:
    state = db.session.scalar(select(ImportBatch.state).where(ImportBatch.id == batch_id))
    db.session.rollback()
    return state


class Intake:
    """Reads one file, in one go: it renews its lease itself."""

    def __init__(self, lease: BatchLease):
        self.lease = lease

    def work(self, _seconds: float) -> bool:
        return intake.read_batch(self.lease)


Step = Intake | DryRun | Run | Undo
STEPS: dict[BatchState, type[Step]] = {
    BatchState.UPLOADED: Intake,
    BatchState.MAPPED: DryRun,
    BatchState.RUNNING: Run,
    BatchState.UNDOING: Undo,
}


def _claim_step(batch_id: int, state: BatchState) -> Step | None:
    """The step of this state, its batch claimed; None where another worker has it."""
    paused = _paused.pop(batch_id, None)
    if paused and state == BatchState.MAPPED:
        return paused
    lease = batches.claim_batch(db.session, batch_id, state, clock.now())
    db.session.commit()
    if lease is None:
        return None
    try:
        return STEPS[state](lease)
    except BaseException:
        _release(lease)
        raise


def _run_step(step: Step, seconds: float) -> bool:
    try:
        more = step.work(seconds)
    except BaseException:
        _release(step.lease)
        _close(step)
        raise
    if more and isinstance(step, DryRun):
        _paused[step.lease.id] = step
        return True
    _close(step)
    if more:
        _release(step.lease)
    return more


def _release(lease: BatchLease) -> None:
    db.session.rollback()
    lease.release(db.session)
    db.session.commit()


def _close(step: Step) -> None:
    if isinstance(step, DryRun):
        step.close()


def _discard_paused(batch_id: int) -> None:
    if paused := _paused.pop(batch_id, None):
        paused.close()
