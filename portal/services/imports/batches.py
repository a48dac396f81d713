"""What a person says of a batch: read it so, bring it, stop, go on, take it back, throw it away. The worker does it.

Each act holds only where the batch is still where the person saw it. Nothing here commits.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from portal.core.models import BatchState, Brand, ImportBatch, ImportChunk, Provider, UploadPart
from portal.core.vault import Vault
from portal.domain import audit, packages
from portal.services.imports.layout import Layout

MAY_CHOOSE = (BatchState.READ, BatchState.MAPPED, BatchState.DRY_RUN)
MAY_DROP = (BatchState.UPLOADED, BatchState.UNREADABLE, *MAY_CHOOSE)
MAY_UNDO = (BatchState.DONE, BatchState.STOPPED)
SHORTEST = 2.0  # Seconds of a state after which its rate tells anything.


class WrongState(Exception):
    """The batch is not (any more) where this may be done."""


class Missing(Exception):
    """The provider must still say something of the file; `names` are those of the layout's defaults."""

    def __init__(self, names: list[str]):
        super().__init__(*names)
        self.names = names


class Suspended(Exception):
    """Nothing new begins for the provider, or for the brand, which is closed."""


@dataclass(frozen=True)
class Progress:
    """How far the worker is in this state: lines, lines a second, and about how many seconds are left."""

    done: int
    total: int
    rate: float | None
    seconds_left: float | None


def choose(session: Session, vault: Vault, batch: ImportBatch, layout: Layout, at: datetime) -> None:
    """Read it so from now on; it is rehearsed anew. Raises WrongState."""
    sealed = vault.seal(layout.packed(), ImportBatch.LAYOUT, batch.provider_id, batch.id)
    _move(session, batch, MAY_CHOOSE, BatchState.MAPPED, at, layout=sealed, tally=None, dry_run_at=None)


def begin(
    session: Session, vault: Vault, batch: ImportBatch, user_id: int | None, at: datetime, *,
    only_refusals: bool = False,
) -> None:  # fmt: skip
    """Let it be written. Raises Missing, Suspended, packages.NoRoom and WrongState."""
    if batch.asked and batch.answered_at is None:
        raise Missing(list(batch.asked))
    provider, brand = session.get_one(Provider, batch.provider_id), session.get_one(Brand, batch.brand_id)
    if provider.suspended_at or brand.closed_at:
        raise Suspended
    if batch.new_addresses and not only_refusals:
        packages.require_room(session, provider, batch.new_addresses, at)
    says = {"started_at": at, "started_by": user_id, "only_refusals": only_refusals, "ended_at": None}
    _move(session, batch, (BatchState.DRY_RUN,), BatchState.RUNNING, at, **says)
    _note(session, batch, "import.begun", user_id, at, {"lines": batch.lines, **(batch.tally or {})})


def stop(session: Session, batch: ImportBatch, user_id: int | None, at: datetime) -> None:
    """Write no further piece; what is written stays. Raises WrongState."""
    _move(session, batch, (BatchState.RUNNING,), BatchState.STOPPED, at, keeps_position=True, ended_at=at)
    _note(session, batch, "import.stopped", user_id, at, {"chunks": batch.position})


def go_on(session: Session, batch: ImportBatch, user_id: int | None, at: datetime) -> None:
    """Go on where it was stopped. Raises Suspended and WrongState."""
    provider, brand = session.get_one(Provider, batch.provider_id), session.get_one(Brand, batch.brand_id)
    if provider.suspended_at or brand.closed_at:
        raise Suspended
    says = {"ended_at": None, "problem": None}
    _move(session, batch, (BatchState.STOPPED,), BatchState.RUNNING, at, keeps_position=True, **says)
    _note(session, batch, "import.continued", user_id, at, {"chunks": batch.position})


def undo(session: Session, batch: ImportBatch, user_id: int | None, at: datetime) -> None:
    """Annul what has not been claimed for sending. Raises WrongState."""
    _move(session, batch, MAY_UNDO, BatchState.UNDOING, at, undone_by=user_id)
    _note(session, batch, "import.undone", user_id, at, {})


def drop(session: Session, batch: ImportBatch, user_id: int | None, at: datetime) -> None:
    """Throw its lines away; nothing of them was written. Raises WrongState."""
    _move(session, batch, MAY_DROP, BatchState.DROPPED, at, ended_at=at, outline=None, layout=None)
    for model in (UploadPart, ImportChunk):
        session.execute(delete(model).where(model.batch_id == batch.id))
    _note(session, batch, "import.dropped", user_id, at, {"lines": batch.lines})


def progress(batch: ImportBatch, at: datetime) -> Progress:
    """How far the worker is, told from when this state began."""
    done = round(batch.lines * batch.position / batch.chunks) if batch.chunks else 0
    seconds = (at - batch.state_changed_at).total_seconds()
    rate = done / seconds if done and seconds >= SHORTEST else None
    return Progress(done, batch.lines, rate, (batch.lines - done) / rate if rate else None)


def _move(
    session: Session, batch: ImportBatch, before: tuple[BatchState, ...], after: BatchState, at: datetime, *,
    keeps_position: bool = False, **values,
) -> None:  # fmt: skip
    """Into the next state, out of the hands of a worker that still has it in the one before."""
    said = {"state": after, "state_changed_at": at, "attempts": 0, "lease_until": None, **values}
    if not keeps_position:
        said["position"] = 0
    mine = update(ImportBatch).where(ImportBatch.id == batch.id, ImportBatch.state.in_(before))
    if session.execute(mine.values(said).execution_options(synchronize_session=False)).rowcount != 1:
        raise WrongState
    session.refresh(batch)


def _note(session: Session, batch: ImportBatch, act: str, user_id: int | None, at: datetime, facts: dict) -> None:
    audit.note(
        session, act, "import_batch", batch.id, provider_id=batch.provider_id, at=at, user_id=user_id, facts=facts
    )  # fmt: skip
