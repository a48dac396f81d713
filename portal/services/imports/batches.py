"""The states of a batch: a person's actions change them, and the worker holds the batch by a lease in one of them.

An action (set the layout, start, stop, resume, undo, drop) changes the state only from one that allows it, and takes
the lease away. Nothing here commits.
"""

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from portal.core import extensions, leases
from portal.core.database import changed_rows
from portal.core.leases import LeaseLost
from portal.core.models import BatchState, Brand, ImportBatch, ImportChunk, Provider, UploadPart
from portal.core.vault import Vault
from portal.domain import audit, packages
from portal.domain.consents.import_plan import REFUSALS, Effect
from portal.services.imports.batch_problems import NO_ROOM, REASONS, RESTORED, SUSPENDED, Confirmation
from portal.services.imports.brand_names import other_brands
from portal.services.imports.layout import Layout
from portal.services.imports.store import DAMAGED
from portal.services.imports.unread import Unread, unread_of
from portal.services.imports.unused_columns import OLDER

MAY_CHOOSE = (BatchState.READ, BatchState.MAPPED, BatchState.DRY_RUN)
MAY_DROP = (BatchState.UPLOADED, BatchState.UNREADABLE, *MAY_CHOOSE)
MAY_UNDO = (BatchState.DONE, BatchState.STOPPED)
SHORTEST = 2.0  # Seconds before a rate is worth showing.
# Effects of which a refusal without a date has one; the last two where the file ran before.
SAYS_NO = {*REFUSALS, Effect.SAME, Effect.KNOWN, Effect.OLDER}
LEASE = timedelta(seconds=20)  # Far longer than a chunk takes; what a killed worker held is free again after it.


class WrongState(Exception):
    """The batch is not (any more) in a state that allows this."""


class AnswerMissing(Exception):
    """The provider has not answered yet; `names` are those of the layout's defaults."""

    def __init__(self, names: list[str]):
        super().__init__(*names)
        self.names = names


class Unconfirmed(Exception):
    """Nobody has vouched for this of the file."""

    def __init__(self, confirmation: Confirmation):
        super().__init__(confirmation.value)
        self.confirmation = confirmation


GRANTS_HELD = (Unconfirmed, packages.PackageFull)  # What holds a file's grants back, while its refusals go.


@dataclass(frozen=True)
class Progress:
    """How far the worker is in this state: lines, lines a second, and the estimated seconds left."""

    done: int
    total: int
    rate: float | None
    seconds_left: float | None


def may_refuse_anew(batch: ImportBatch) -> bool:
    """Whether the file, brought again, may refuse what people granted since: a refusal without a date is of its
    arrival."""
    return not SAYS_NO.isdisjoint(batch.tally or {})


def set_layout(session: Session, vault: Vault, batch: ImportBatch, layout: Layout, at: datetime) -> None:
    """Read the file by this layout, and by the brands of now; a new dry run follows. Raises WrongState."""
    layout = replace(layout, other_brands=other_brands(session, session.get_one(Brand, batch.brand_id)))
    sealed = vault.seal(layout.packed(), ImportBatch.LAYOUT, batch.provider_id, batch.id)
    _change_state(session, batch, MAY_CHOOSE, BatchState.MAPPED, at, layout=sealed, tally=None, dry_run_at=None)


def start(
    session: Session, batch: ImportBatch, user_id: int | None, at: datetime, *, only_refusals: bool = False,
    confirms: Container[Confirmation] = (), seen: str | None = None,
) -> None:  # fmt: skip
    """Start the run; `seen`: only of the dry run whose page was posted. Grants newer than a person's own refusal are
    written only if `confirms` has AFTER_REFUSAL. What holds grants back leaves them out (`problem` says which) and, but
    for a suspension, is raised where the file has no refusal. Raises AnswerMissing, CannotOpen, GRANTS_HELD and
    WrongState."""
    if seen is not None and seen != str(batch.dry_run_at or ""):
        raise WrongState
    if batch.asked and batch.answered_at is None:
        raise AnswerMissing(list(batch.asked))
    problem, only_refusals = {}, only_refusals or batch.problem == DAMAGED  # Lines that are lost may refuse.
    if not only_refusals and not takes_grants(session, batch):
        only_refusals, problem = True, {"problem": SUSPENDED}
    if not only_refusals:
        try:
            require_grants(session, batch, at, confirms)
        except GRANTS_HELD as held:
            if not brings_refusals(batch):
                raise
            only_refusals, problem = True, {"problem": problem_of(held)}
    vouched, first = (0, 0) if only_refusals else (batch.before_2015, batch.first_grants)
    is_again = Confirmation.AFTER_REFUSAL in confirms and not only_refusals
    again = (batch.tally or {}).get(Effect.OVER_REFUSAL, 0) if is_again else 0
    unread = Unread() if only_refusals else unread_of(extensions.vault(), batch)
    values: dict[str, Any] = problem | {
        "started_at": at, "started_by": user_id, "only_refusals": only_refusals, "ended_at": None,
        "before_2015_confirmed_at": at if vouched else None,
        "first_grants_confirmed_at": at if first else None,
        "after_refusal_confirmed_at": at if again else None,
    }  # fmt: skip
    _change_state(session, batch, (BatchState.DRY_RUN,), BatchState.RUNNING, at, **values)
    said = {
        Confirmation.BEFORE_2015: vouched, Confirmation.FIRST_GRANTS: first, Confirmation.AFTER_REFUSAL: again,
        Confirmation.UNREAD: unread.unconfirmed and unread.names(),
    }  # fmt: skip
    confirmed = problem | {name.value: value for name, value in said.items() if value}
    _note(session, batch, "import.begun", user_id, at, {"lines": batch.lines, **confirmed, **(batch.tally or {})})


def require_grants(session: Session, batch: ImportBatch, at: datetime, confirms: Container[Confirmation]) -> None:
    """Raise one of GRANTS_HELD where they wait for room or for who vouches, or CannotOpen."""
    if unread_of(extensions.vault(), batch).unconfirmed and Confirmation.UNREAD not in confirms:
        raise Unconfirmed(Confirmation.UNREAD)
    if batch.new_addresses:
        provider = session.get_one(Provider, batch.provider_id)
        packages.require_capacity(session, provider, batch.new_addresses, at)
    if batch.before_2015 and Confirmation.BEFORE_2015 not in confirms:
        raise Unconfirmed(Confirmation.BEFORE_2015)
    if batch.first_grants and Confirmation.FIRST_GRANTS not in confirms:
        raise Unconfirmed(Confirmation.FIRST_GRANTS)


def problem_of(held: Exception) -> str:
    """What one of GRANTS_HELD is as ImportBatch.problem keeps it."""
    return held.confirmation.value if isinstance(held, Unconfirmed) else NO_ROOM


def brings_refusals(batch: ImportBatch) -> bool:
    """Whether it has any that go, or that give way only to a grant of the file."""
    tally, counts = batch.tally or {}, batch.unused_columns or {}
    return not tally.keys().isdisjoint(REFUSALS) or any(each.startswith(OLDER) for each in counts)


def stop(session: Session, batch: ImportBatch, user_id: int | None, at: datetime) -> None:
    """Write no further chunk; what is written stays. Raises WrongState."""
    _change_state(session, batch, (BatchState.RUNNING,), BatchState.STOPPED, at, keeps_position=True, ended_at=at)
    _note(session, batch, "import.stopped", user_id, at, {"chunks": batch.position})


def leave_grants_out(session: Session) -> int:
    """Of all batches that are being written when the database is restored: only refusals go, also once their providers
    are resumed; how many."""
    written = ImportBatch.state == BatchState.RUNNING, ImportBatch.only_refusals.is_(False)
    values = {"only_refusals": True, "problem": func.coalesce(ImportBatch.problem, RESTORED)}
    return changed_rows(session, update(ImportBatch).where(*written).values(values))


def resume(session: Session, batch: ImportBatch, user_id: int | None, at: datetime) -> None:
    """Resume the run where it was stopped. Raises WrongState."""
    problem = batch.problem if batch.problem in (*REASONS, DAMAGED) else None  # It lacks the same as before.
    values: dict[str, Any] = {"keeps_position": True, "ended_at": None, "problem": problem}
    _change_state(session, batch, (BatchState.STOPPED,), BatchState.RUNNING, at, **values)
    _note(session, batch, "import.continued", user_id, at, {"chunks": batch.position})


def undo(session: Session, batch: ImportBatch, user_id: int | None, at: datetime) -> None:
    """Annul what has not been claimed for sending. Raises WrongState."""
    _change_state(session, batch, MAY_UNDO, BatchState.UNDOING, at, undone_by=user_id)
    _note(session, batch, "import.undone", user_id, at, {})


def drop(session: Session, batch: ImportBatch, user_id: int | None, at: datetime) -> None:
    """Delete the lines of a batch that never ran. Raises WrongState."""
    _change_state(session, batch, MAY_DROP, BatchState.DROPPED, at, ended_at=at, outline=None, layout=None)
    for model in (UploadPart, ImportChunk):
        session.execute(delete(model).where(model.batch_id == batch.id))
    _note(session, batch, "import.dropped", user_id, at, {"lines": batch.lines})


def progress(batch: ImportBatch, at: datetime) -> Progress:
    """How far the worker is since this state began."""
    done = round(batch.lines * batch.position / batch.chunks) if batch.chunks else 0
    seconds = (at - batch.state_changed_at).total_seconds()
    rate = done / seconds if done and seconds >= SHORTEST else None
    return Progress(done, batch.lines, rate, (batch.lines - done) / rate if rate else None)


def takes_grants(session: Session, batch: ImportBatch) -> bool:
    """Whether the provider and the brand are active; of a suspended one or a passive brand refusals only are taken."""
    is_active = Provider.suspended_at.is_(None) & Brand.closed_at.is_(None)
    brand = select(Brand.id).join(Provider, Provider.id == Brand.provider_id).where(Brand.id == batch.brand_id)
    return session.scalar(brand.where(is_active)) is not None


def _change_state(
    session: Session, batch: ImportBatch, before: tuple[BatchState, ...], after: BatchState, at: datetime, *,
    keeps_position: bool = False, **values: Any,
) -> None:  # fmt: skip
    """Also takes the lease from a worker that still holds the batch in the state before."""
    changes = {"state": after, "state_changed_at": at, "attempts": 0, "lease_until": None, **values}
    if not keeps_position:
        changes["position"] = 0
    is_as_read = ImportBatch.dry_run_at.is_not_distinct_from(batch.dry_run_at)
    mine = update(ImportBatch).where(ImportBatch.id == batch.id, ImportBatch.state.in_(before), is_as_read)
    if changed_rows(session, mine.values(changes).execution_options(synchronize_session=False)) != 1:
        raise WrongState
    session.refresh(batch)


def _note(
    session: Session, batch: ImportBatch, act: str, user_id: int | None, at: datetime, facts: dict[str, Any]
) -> None:
    audit.note(
        session, act, "import_batch", batch.id, provider_id=batch.provider_id, at=at, user_id=user_id, facts=facts
    )  # fmt: skip


@dataclass
class BatchLease:
    """The lease of a batch in one state; each stored chunk renews it."""

    id: int
    state: BatchState
    lease_until: datetime | None

    def renew(self, session: Session, at: datetime, *, lease: timedelta | None = None, **values: object) -> None:
        """Store progress and hold the batch for a full lease again. Raises LeaseLost."""
        in_state, values = ImportBatch.state == self.state, {"attempts": 0, **values}
        self.lease_until = leases.renew(session, ImportBatch, self, in_state, at=at, lease=lease or LEASE, **values)

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
