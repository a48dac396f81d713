"""Whether `flask import` has brought a file before: the same bytes, read by the same layout, and not written anew; or
what a file was before it grew."""

import os
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from portal.cli.import_steps import ImportOptions
from portal.cli.watched_folder import digests_at
from portal.core.extensions import read_session, vault
from portal.core.ids import LARGEST_ID
from portal.core.models import BatchState, Brand, ImportBatch
from portal.core.vault import CannotOpen
from portal.domain.consents.import_plan import Effect
from portal.services.imports import batches, uploads
from portal.services.imports import layout as layouts
from portal.services.imports.batch_problems import Confirmation, held_counts
from portal.services.imports.store import DAMAGED, file_name_of, layout_of
from portal.services.imports.unread import unread_of

TAKEN_BACK_STATES = BatchState.UNDOING, BatchState.UNDONE


@dataclass(frozen=True)
class FormerImports:
    """Of a file that changed since it was imported."""

    batches: Sequence[ImportBatch]  # The last first, then those that brought anew what was taken back.
    has_hidden_name: bool  # Which tells of the first of them: it is no file that came again.
    is_undone: bool  # Somebody took it back, and nobody brought it anew since.

    @property
    def taken_back(self) -> tuple[int, ...]:
        return tuple(each.id for each in self.batches if each.state in TAKEN_BACK_STATES)


def find_former_imports(brand: Brand, path: Path, name: str, first_batch: int | None) -> FormerImports:
    """A file that begins with all bytes of an imported one is that file, whatever its name; and where it is known to
    have been a batch, it is, whatever it holds. Raises OSError."""
    states = ImportBatch.state.in_((BatchState.DONE, *TAKEN_BACK_STATES))
    of_brand = select(ImportBatch).where(ImportBatch.brand_id == brand.id, states)
    columns = ImportBatch.id, ImportBatch.size, ImportBatch.digest
    shorter = of_brand.where(ImportBatch.size < path.stat().st_size).with_only_columns(*columns)
    candidates = read_session().execute(shorter).all()
    digests = digests_at(path, {each.size for each in candidates})
    ids = {each.id for each in candidates if digests.get(each.size) == each.digest}
    if first_batch is not None:
        ids.add(min(first_batch, LARGEST_ID))  # Anybody may name a file.
    last_first = of_brand.where(ImportBatch.id.in_(ids)).order_by(ImportBatch.created_at.desc(), ImportBatch.id.desc())
    found = read_session().scalars(last_first.execution_options(populate_existing=True)).all()
    was_taken_back = bool(found) and found[0].state in TAKEN_BACK_STATES
    anew = _find_brought_anew(brand, found[0]) if was_taken_back else []
    is_undone = was_taken_back and not anew
    if first_batch is not None:
        is_undone = is_undone or _was_undone(brand, first_batch, name)
    return FormerImports([*found, *anew], first_batch is not None, is_undone)


def _find_brought_anew(brand: Brand, undone: ImportBatch) -> list[ImportBatch]:
    """Where `--again` brought what a file held that was taken back, in files whose grants were not taken back since:
    a later file that begins with the same lines need not begin with all of one's."""
    later = (ImportBatch.brand_id == brand.id) & (ImportBatch.id > undone.id) & ImportBatch.user_id.is_(None)
    with_grants = (ImportBatch.state == BatchState.DONE) & ~ImportBatch.only_refusals
    return [
        each for each in read_session().scalars(select(ImportBatch).where(later, with_grants))
        if undone.id in _read_brings_anew(each)
    ]  # fmt: skip


def _read_brings_anew(batch: ImportBatch) -> Collection[int]:
    """Of a batch whose layout nobody can open nothing: its grants are not brought by files that begin alike."""
    with suppress(CannotOpen):
        return layout_of(vault(), batch).brings_anew
    return ()


def _was_undone(brand: Brand, first: int, name: str) -> bool:
    """Whether a person took back this batch, or a later one of a file of this name."""
    later = (ImportBatch.brand_id == brand.id) & (ImportBatch.id >= min(first, LARGEST_ID))
    found = select(ImportBatch).where(later, ImportBatch.state.in_(TAKEN_BACK_STATES))
    kept = uploads.clean_file_name(name)
    return any(first == each.id or file_name_of(vault(), each) == kept for each in read_session().scalars(found))


def find_same_import(earlier: Sequence[ImportBatch], options: ImportOptions) -> ImportBatch | None:
    """The last import of these bytes by the layout of now; None where there is none, or another would bring more."""
    done = (each for each in earlier if each.state == BatchState.DONE)
    found = next((each for each in done if options.reads_as_before(each)), None)
    if found is None or found.problem == DAMAGED:
        return None
    if Confirmation.AFTER_REFUSAL in options.confirms and Effect.OVER_REFUSAL in (found.tally or {}):
        return None
    is_waiting = found.only_refusals and held_counts(found)["grants"] > 0
    return None if is_waiting and not options.leaves_grants_out(found) and not options.what_holds(found) else found


def reads_otherwise(earlier: Sequence[ImportBatch], options: ImportOptions) -> bool:
    """Whether a file that was imported, the last first, also before lines were appended, would be read by a layout by
    which its grants were never taken, and that nobody named: the profile of its header may be of other files since."""
    settled = [each for each in earlier if each.state == BatchState.DONE and _is_settled(each)]
    if options.profile or not settled:
        return False
    meant = [each for each in settled if not each.only_refusals] + settled[-1:]
    return not any(options.reads_as_before(each, by_profile=True) for each in meant)


def _is_settled(batch: ImportBatch) -> bool:
    """Whether its layout lacked nothing for grants that a profile was to say later."""
    is_missing = layouts.missing(layout_of(vault(), batch))
    return not is_missing and (not batch.only_refusals or not unread_of(vault(), batch).doubtful)


@dataclass(frozen=True)
class Arrival:
    """Whether a file with refusals was written anew since the same one was imported: those without a date are of its
    arrival, and newer than what people consented to meanwhile. Otherwise when they were taken first."""

    is_anew: bool
    received_at: datetime | None


def describe_arrival(status: os.stat_result, earlier: Sequence[ImportBatch]) -> Arrival:
    """Told by the file's own time of modification, which is its writer's clock, whichever way that goes wrong: another
    one is another writing. Another name, chmod and hard links change none.
    """
    done = [each for each in earlier if each.state == BatchState.DONE]
    if not done:
        return Arrival(is_anew=False, received_at=None)
    same = next((each for each in done if _is_of_writing(each, status)), None)
    if same is None and any(map(batches.may_refuse_anew, done)):
        return Arrival(is_anew=True, received_at=None)
    same = same or done[0]
    return Arrival(is_anew=False, received_at=layout_of(vault(), same).received_at or same.started_at)


def _is_of_writing(batch: ImportBatch, status: os.stat_result) -> bool:
    """Of a page's or a program's file, and of one from before times were kept, only the last change of all tells."""
    if (written_ns := layout_of(vault(), batch).written_ns) is not None:
        return written_ns == status.st_mtime_ns
    return max(status.st_mtime, status.st_ctime) <= batch.created_at.timestamp()
