"""The worker's share of bringing files: by lease, a few seconds at a time, so that nothing else waits behind a file."""

import threading
import time

import structlog
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import BatchState, ImportBatch
from portal.core.models.imports import FOR_THE_WORKER
from portal.services.imports import batch_lease, intake
from portal.services.imports.batch_lease import Hand, Lost
from portal.services.imports.dry_run import Rehearsal
from portal.services.imports.execution import Run
from portal.services.imports.undo import Undoing

log = structlog.get_logger()

BREATH = 0.2  # Seconds before looking again at a batch that another has in hand.

# Rehearsals put aside between two slices, with what they have seen; their leases go on. Of this process only: where it
# ends, somebody else begins them again.
_aside: dict[int, Rehearsal] = {}
_guard = threading.Lock()


def unfinished() -> list[int]:
    """Batches for which the worker has something to do, and that nobody has in hand."""
    waiting = select(ImportBatch.id).where(ImportBatch.state.in_(FOR_THE_WORKER), batch_lease.is_free(clock.now()))
    ids = list(db.session.scalars(waiting.order_by(ImportBatch.state_changed_at)))
    db.session.rollback()
    return ids


def work(batch_id: int, seconds: float = 5.0) -> bool:
    """Do what comes next for a batch, for about so long; whether more is to do, by whomever."""
    state = _state(batch_id)
    if state not in FOR_THE_WORKER:
        _forget(batch_id)
        return False
    try:
        step = _step(batch_id, state)
        if step is None:
            time.sleep(BREATH)
            return True
        return _go(step, seconds)
    except Lost:
        db.session.rollback()
        _forget(batch_id)
        return _state(batch_id) in FOR_THE_WORKER


def _state(batch_id: int) -> BatchState | None:
    state = db.session.scalar(select(ImportBatch.state).where(ImportBatch.id == batch_id))
    db.session.rollback()
    return state


class Intake:
    """One file being cut into lines, which is done in one go: it renews its lease itself."""

    def __init__(self, hand: Hand):
        self.hand = hand

    def go(self, _seconds: float) -> bool:
        """Cut it; a person goes on."""
        intake.read_batch(self.hand.batch_id)
        return False


Step = Intake | Rehearsal | Run | Undoing
STEPS = {
    BatchState.UPLOADED: Intake,
    BatchState.MAPPED: Rehearsal,
    BatchState.RUNNING: Run,
    BatchState.UNDOING: Undoing,
}


def _step(batch_id: int, state: BatchState) -> Step | None:
    """The step of this state, in hand; None where another has it."""
    with _guard:
        aside = _aside.pop(batch_id, None)
    if aside and state == BatchState.MAPPED:
        return aside
    hand = batch_lease.take(db.session, batch_id, state, clock.now())
    db.session.commit()
    if hand is None:
        return None
    try:
        return STEPS[state](hand)
    except BaseException:
        _let_go(hand)
        raise


def _go(step: Step, seconds: float) -> bool:
    try:
        more = step.go(seconds)
    except BaseException:
        _let_go(step.hand)
        _close(step)
        raise
    if more and isinstance(step, Rehearsal):
        with _guard:
            _aside[step.hand.batch_id] = step
        return True
    _close(step)
    if more:
        _let_go(step.hand)
    return more


def _let_go(hand: Hand) -> None:
    db.session.rollback()
    hand.let_go(db.session)
    db.session.commit()


def _close(step: Step) -> None:
    if isinstance(step, Rehearsal):
        step.close()


def _forget(batch_id: int) -> None:
    with _guard:
        aside = _aside.pop(batch_id, None)
    if aside:
        aside.close()
