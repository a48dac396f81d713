"""The steps of a file from a shell, each done by the worker's own functions in this process, until it can go no
further."""

import hashlib
import os
import stat
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Channel
from portal.core.models import WORKER_STATES, BatchState, Brand, ImportBatch, Provider
from portal.domain import packages
from portal.services.imports import batches, profiles, uploads, worker
from portal.services.imports import layout as layouts
from portal.services.imports.layout import Layout
from portal.services.imports.reading import Unreadable
from portal.services.imports.reading.file_problems import FileProblem
from portal.services.imports.stored_rows import layout_of, outline_of

PAUSE = 0.5  # Seconds between looks at a batch that a worker has in hand.
# Somebody has decided, or nothing would change: the same file is not begun anew.
ENDED = (BatchState.DONE, BatchState.UNDOING, BatchState.UNDONE, BatchState.STOPPED, BatchState.UNREADABLE)
UNDER_WAY = (BatchState.UPLOADED, BatchState.READ, BatchState.MAPPED, BatchState.DRY_RUN, BatchState.RUNNING)


@dataclass(frozen=True)
class ImportOptions:
    """What the options say."""

    profile: str | None
    guess: bool
    channels: tuple[Channel, ...]
    dry_run: bool
    only_refusals: bool


class ImportFailed(Exception):
    """Why a file goes no further; `told` is printed."""

    def __init__(self, word: str, sentence: str, cure: str, *, is_for_room: bool = False, **more):
        super().__init__(word)
        self.told = {"word": word, "sentence": sentence, "cure": cure, **more}
        self.is_for_room = is_for_room


def find_earlier_batch(brand: Brand, path: Path) -> ImportBatch | None:
    """The last batch of this very file that ended, or that a shell began and did not end. Raises OSError."""
    with open_regular_file(path) as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    same = select(ImportBatch).where(ImportBatch.brand_id == brand.id, ImportBatch.digest == digest)
    ours = ImportBatch.state.in_(UNDER_WAY) & ImportBatch.user_id.is_(None)
    known = same.where(ImportBatch.state.in_(ENDED) | ours).order_by(
        ImportBatch.created_at.desc(), ImportBatch.id.desc()
    )
    return read_session().scalar(known.limit(1).execution_options(populate_existing=True))


def upload(brand: Brand, path: Path) -> int:
    """Keep the file's bytes; the id of its batch. Raises NotBrought and OSError."""
    with open_regular_file(path) as file:
        try:
            batch = uploads.store_upload(
                db.session, vault(), provider_id=brand.provider_id, brand_id=brand.id, user_id=None, name=path.name,
                stream=file, at=clock.now(),
            )  # fmt: skip
        except Unreadable as unreadable:
            raise _unread(unreadable.problem) from unreadable
    db.session.commit()
    return batch.id


def open_regular_file(path: Path) -> BinaryIO:
    """The file itself. Others put files here: a link would lead to what only we may read, a pipe would never end.

    Raises OSError.
    """
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError("no file")
    return file


def run_steps(batch_id: int, wishes: ImportOptions) -> None:
    """From wherever a batch stands to its end. Raises NotBrought."""
    steps = {
        BatchState.READ: _lay_out,
        BatchState.DRY_RUN: _drop if wishes.dry_run else _begin,
        BatchState.STOPPED: _tell_stopped,
        BatchState.UNREADABLE: _tell_unreadable,
    }
    while True:
        batch = _worked(batch_id)
        if batch.state not in steps:
            return
        try:
            steps[batch.state](batch, wishes)
        except batches.WrongState:  # Somebody was quicker: look again.
            db.session.rollback()
        else:
            db.session.commit()
            if wishes.dry_run and batch.state == BatchState.DROPPED:
                return


def _worked(batch_id: int) -> ImportBatch:
    """The batch, once no worker has anything to do for it."""
    while True:
        before = _at(batch_id)
        if before not in WORKER_STATES:
            db.session.rollback()
            return db.session.get_one(ImportBatch, batch_id, populate_existing=True)
        if not worker.work(batch_id) and _at(batch_id) == before:
            time.sleep(PAUSE)


def _at(batch_id: int) -> BatchState:
    return read_session().scalar(select(ImportBatch.state).where(ImportBatch.id == batch_id))


def _lay_out(batch: ImportBatch, wishes: ImportOptions) -> None:
    layout = _layout(batch, wishes)
    layout = replace(layout, channels=wishes.channels or layout.channels)
    if missing := layouts.missing(layout):
        raise ImportFailed(
            "missing", f"The file does not say: {', '.join(missing)}.",
            "Say it for the whole file on the dashboard, or keep it in a profile; channels, by --channels.",
            missing=missing,
        )  # fmt: skip
    batches.set_layout(db.session, vault(), batch, layout, clock.now())


def _layout(batch: ImportBatch, wishes: ImportOptions) -> Layout:
    """By the profile that was named, by the one that knows the header, or, where that is wished, by a guess."""
    guess, outline = layout_of(vault(), batch), outline_of(vault(), batch)
    header = outline.sheets[guess.sheets[0]].header
    if wishes.profile:
        found = profiles.find_by_name(db.session, vault(), batch.provider_id, wishes.profile, header=header)
        cure = "List the provider's profiles with --profiles."
    else:
        signature = layouts.signature(header)
        found = profiles.find(db.session, vault(), batch.provider_id, signature, header=header) if header else None
        cure = "Bring one such file on the dashboard, name a --profile, or let it --guess."
    if found is not None:
        return replace(found, sheets=guess.sheets)
    if wishes.guess and not wishes.profile:
        return guess
    raise ImportFailed("no_profile", "No profile says what this file's columns are.", cure)


def _begin(batch: ImportBatch, wishes: ImportOptions) -> None:
    try:
        batches.start(db.session, vault(), batch, None, clock.now(), only_refusals=wishes.only_refusals)
    except packages.PackageFull as no_room:
        raise _no_room() from no_room
    except batches.Suspended as suspended:
        raise ImportFailed(
            "suspended", "Its provider is suspended, or the brand passive.", "Ask the operator.", is_for_room=True
        ) from suspended
    except batches.AnswerMissing as missing:
        raise ImportFailed(
            "missing", f"The file does not say: {', '.join(missing.names)}.", "Answer on the dashboard.",
            missing=missing.names,
        ) from missing  # fmt: skip


def _drop(batch: ImportBatch, wishes: ImportOptions) -> None:
    """The end of a rehearsal; whether there would be room belongs to it."""
    new = 0 if wishes.only_refusals else batch.new_addresses
    batches.drop(db.session, batch, None, clock.now())
    try:
        if new:
            packages.require_capacity(db.session, db.session.get_one(Provider, batch.provider_id), new, clock.now())
    except packages.PackageFull as no_room:
        db.session.commit()
        raise _no_room() from no_room


def _tell_stopped(batch: ImportBatch, wishes: ImportOptions) -> None:
    raise ImportFailed(
        "stopped", "Somebody stopped this file.", "Let it go on on the dashboard, or bring it anew with --again."
    )


def _tell_unreadable(batch: ImportBatch, wishes: ImportOptions) -> None:
    raise _unread(FileProblem(batch.problem))


def _unread(problem: FileProblem) -> ImportFailed:
    return ImportFailed(problem.value, problem.sentence, problem.cure)


def _no_room() -> ImportFailed:
    return ImportFailed(
        "no_room", "The provider's package takes no new addresses now.",
        "Its page on the dashboard says more; refusals go with --only-refusals.", is_for_room=True,
    )  # fmt: skip
