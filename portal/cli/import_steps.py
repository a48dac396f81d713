"""The steps of an import from a shell, done by the worker's functions in this process until the batch is finished."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import exists, select

from portal.cli.import_failures import (
    READ_OTHERWISE,
    ImportFailed,
    failure_of_answers,
    failure_of_file,
    failure_of_grants,
)
from portal.cli.watched_folder import digest_of, open_regular_file
from portal.core import clock, leases
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Channel
from portal.core.models import WORKER_STATES, ApiRequest, BatchState, Brand, ImportBatch
from portal.services.imports import batches, profiles, uploads, worker
from portal.services.imports import layout as layouts
from portal.services.imports.batch_problems import SUSPENDED, Confirmation, held_counts, held_grants
from portal.services.imports.layout import Layout
from portal.services.imports.reading import Unreadable
from portal.services.imports.reading.file_problems import FileProblem
from portal.services.imports.store import DAMAGED, layout_of, outline_of
from portal.services.imports.unread import unread_of

PAUSE = 0.5  # Seconds before looking again at a batch that a worker holds.
# The same file is not started anew: somebody has decided, or nothing would change.
ENDED = (BatchState.DONE, BatchState.UNDOING, BatchState.UNDONE, BatchState.STOPPED, BatchState.UNREADABLE)
UNDER_WAY = (BatchState.UPLOADED, BatchState.READ, BatchState.MAPPED, BatchState.DRY_RUN, BatchState.RUNNING)


@dataclass(frozen=True)
class ImportOptions:
    profile: str | None
    guess: bool
    channels: tuple[Channel, ...]
    dry_run: bool
    only_refusals: bool
    confirms: tuple[Confirmation, ...] = ()
    received_at: datetime | None = None  # When it was read first, where the same file runs again.
    written_ns: int | None = None  # The file's own time of modification.
    brings_anew: tuple[int, ...] = ()  # Batches that were taken back, whose lines `--again` brings.
    reads_otherwise: bool = False  # Than when it was imported, by a layout that nobody named: only refusals.

    def leaves_grants_out(self, batch: ImportBatch) -> bool:
        """Also where refusals may stand in what is not read: nobody looks at a page before the grants are written. For
        a part that cannot be read nobody can vouch."""
        return (
            self.only_refusals
            or self.reads_otherwise
            or batch.problem == DAMAGED
            or (Confirmation.UNREAD not in self.confirms and unread_of(vault(), batch).doubtful > 0)
        )

    def reads_as_before(self, batch: ImportBatch, *, by_profile: bool = False) -> bool:
        """Whether its file would be read by the same layout now (`by_profile`: but for the channels that --channels
        says); also where no other is known."""
        earlier = layout_of(vault(), batch)
        try:
            found = _find_layout(batch, self)
        except ImportFailed:
            return True
        if by_profile and self.channels and layouts.Field.CHANNEL not in found.columns:
            found = replace(found, channels=earlier.channels)
        return profiles.is_same_reading(found, earlier)

    def what_holds(self, batch: ImportBatch) -> ImportFailed | None:
        """What else leaves its grants out, which is a failure: refusals were written, but the file must come again."""
        if self.reads_otherwise and not self.only_refusals and held_counts(batch)["grants"]:
            return failure_of_grants(READ_OTHERWISE, batch)
        if self.leaves_grants_out(batch):
            return None
        if missing := layouts.missing(_find_layout(batch, self)):
            return failure_of_answers(missing, batch)
        if _is_suspended(batch):
            return failure_of_grants(SUSPENDED, batch)
        try:
            batches.require_grants(db.session, batch, clock.now(), self.confirms)
        except batches.GRANTS_HELD as held:
            return failure_of_grants(batches.problem_of(held), batch)
        return None

    def what_held(self, batch: ImportBatch) -> ImportFailed | None:
        """The same of a batch that has just run: also what held its grants back then and does not any more."""
        if now := self.what_holds(batch):
            return now
        then = held_grants(batch)
        return failure_of_grants(then.problem, batch) if then and not self.leaves_grants_out(batch) else None


def find_earlier_batches(brand: Brand, path: Path) -> Sequence[ImportBatch]:
    """Those of this very file that ended, or that a shell started and did not finish, the last first.

    Raises OSError.
    """
    same = select(ImportBatch).where(ImportBatch.brand_id == brand.id, ImportBatch.digest == digest_of(path))
    ours = ImportBatch.state.in_(UNDER_WAY) & ImportBatch.user_id.is_(None)
    known = same.where(ImportBatch.state.in_(ENDED) | ours).order_by(
        ImportBatch.created_at.desc(), ImportBatch.id.desc()
    )
    return read_session().scalars(known.execution_options(populate_existing=True)).all()


def find_unfinished_batches(brand: Brand) -> Sequence[ImportBatch]:
    """Those that a shell left between two of its steps: nothing of them is written unless it, or a person, goes on.

    A command at work is between two steps for a moment only.
    """
    waiting = ImportBatch.state.in_((BatchState.READ, BatchState.DRY_RUN)) & ~ImportBatch.on_behalf
    is_ours = ImportBatch.user_id.is_(None) & ~exists().where(ApiRequest.id == ImportBatch.id)
    is_left = leases.is_free(ImportBatch, clock.now()) & (ImportBatch.state_changed_at < clock.now() - batches.LEASE)
    found = select(ImportBatch).where(ImportBatch.brand_id == brand.id, waiting, is_ours, is_left)
    return read_session().scalars(found.order_by(ImportBatch.id)).all()


def upload(brand: Brand, path: Path, name: str) -> int:
    """Store the file's bytes; returns the id of its batch. Raises ImportFailed and OSError."""
    with open_regular_file(path) as file:
        try:
            batch = uploads.store_upload(
                db.session, vault(), provider_id=brand.provider_id, brand_id=brand.id, user_id=None, name=name,
                stream=file, at=clock.now(),
            )  # fmt: skip
        except Unreadable as unreadable:
            raise failure_of_file(unreadable.problem) from unreadable
    db.session.commit()
    return batch.id


def run_steps(batch_id: int, options: ImportOptions, look: Callable[[ImportBatch], None]) -> None:
    """Take a batch from its present state to the end; `look` is called before each step. Raises ImportFailed."""
    steps = {
        BatchState.READ: _set_layout,
        BatchState.DRY_RUN: _drop if options.dry_run else _start,
        BatchState.STOPPED: _tell_stopped,
        BatchState.UNREADABLE: _tell_unreadable,
    }
    while True:
        batch = _finish_worker_step(batch_id)
        if batch.state == BatchState.DONE and batch.only_refusals and (held := options.what_held(batch)):
            raise held
        if batch.state not in steps:
            return
        look(batch)
        try:
            steps[batch.state](batch, options)
        except batches.WrongState:  # Somebody else changed the state: look again.
            db.session.rollback()
        else:
            db.session.commit()
            if options.dry_run and batch.state == BatchState.DROPPED:
                return


def _finish_worker_step(batch_id: int) -> ImportBatch:
    """The batch, once no worker step is left in its state."""
    while True:
        before = _state_of(batch_id)
        if before not in WORKER_STATES:
            db.session.rollback()
            return db.session.get_one(ImportBatch, batch_id, populate_existing=True)
        if not worker.work(batch_id) and _state_of(batch_id) == before:
            time.sleep(PAUSE)


def _state_of(batch_id: int) -> BatchState:
    return read_session().scalars(select(ImportBatch.state).where(ImportBatch.id == batch_id)).one()


def _set_layout(batch: ImportBatch, options: ImportOptions) -> None:
    layout = _find_layout(batch, options)
    missing = layouts.missing(layout)
    if not layouts.OF_GRANTS.issuperset(missing):
        raise failure_of_answers(missing, batch)
    batches.set_layout(db.session, vault(), batch, layout, clock.now())


def _find_layout(batch: ImportBatch, options: ImportOptions) -> Layout:
    """The layout of the named profile, of the header's profile, or with --guess the guessed one; with --channels."""
    guess, outline = layout_of(vault(), batch), outline_of(vault(), batch)
    header = outline.sheets[guess.sheets[0]].header
    found = profiles.choose(db.session, vault(), batch.provider_id, guess, header, options.profile)
    if found is None and options.guess and not options.profile:
        found = guess
    if found is not None:
        given = () if layouts.Field.CHANNEL in found.columns else options.channels  # A blank there may mean none.
        return replace(
            found, channels=given or found.channels, received_at=options.received_at, written_ns=options.written_ns,
            brings_anew=options.brings_anew,
        )  # fmt: skip
    cure = "Bring one such file on the dashboard, name a --profile, or let it --guess."
    if options.profile:
        cure = "List the provider's profiles with --profiles."
    raise ImportFailed("no_profile", "No profile says what this file's columns are.", cure)


def _start(batch: ImportBatch, options: ImportOptions) -> None:
    missing = layouts.missing(layout_of(vault(), batch))
    if len(layouts.missing(_find_layout(batch, options))) < len(missing):  # A profile says more by now.
        _set_layout(batch, options)
        return
    if missing and not batches.brings_refusals(batch):
        raise failure_of_answers(missing, batch)
    try:
        batches.start(
            db.session, batch, None, clock.now(),
            only_refusals=options.leaves_grants_out(batch) or bool(missing), confirms=options.confirms,
        )  # fmt: skip
    except batches.GRANTS_HELD as held:
        raise failure_of_grants(batches.problem_of(held), batch) from held
    except batches.AnswerMissing as missing:
        raise ImportFailed(
            "missing", f"The file does not say: {', '.join(missing.names)}.", "Answer on the dashboard.",
            missing=missing.names,
        ) from missing  # fmt: skip


def _drop(batch: ImportBatch, options: ImportOptions) -> None:
    """End a dry run; it also tells whether the package has room, and whether the file is read otherwise than before."""
    held = options.what_holds(batch)
    batches.drop(db.session, batch, None, clock.now())
    if held is not None and (held.is_for_room or options.reads_otherwise):
        db.session.commit()
        raise held


def _tell_stopped(batch: ImportBatch, options: ImportOptions) -> None:
    raise ImportFailed(
        "stopped", "Somebody stopped this file.", "Let it go on on the dashboard, or bring it anew with --again."
    )


def _tell_unreadable(batch: ImportBatch, options: ImportOptions) -> None:
    raise failure_of_file(FileProblem(batch.problem or ""))


def _is_suspended(batch: ImportBatch) -> bool:
    """Whether it has grants that the provider or the brand takes none of now."""
    return held_counts(batch)["grants"] > 0 and not batches.takes_grants(db.session, batch)
