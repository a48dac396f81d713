"""Intake: turn an uploaded file into stored chunks of lines, and guess what its columns are."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import delete, insert

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.ids import new_id
from portal.core.models import BatchState, ImportBatch, ImportChunk, UploadPart
from portal.core.vault import KeyMissing
from portal.services.imports import layout, profiles, program_uploads, store
from portal.services.imports.batches import BatchLease
from portal.services.imports.layout.layout import ADDRESSES, Layout
from portal.services.imports.reading import ChunkedFile, FileChunk, FileProblem, Line, Outline, Sheet, Unreadable
from portal.services.imports.uploads import UNFINISHED

AT_ONCE = 4  # Chunks a transaction.
MOST_ATTEMPTS = 5  # A file that kills each worker, or meets a fault of ours, is given up.
LEASE = timedelta(minutes=5)  # A large workbook takes a while before its first chunk comes.


def read_batch(claimed: BatchLease) -> bool:
    """Bring a batch from UPLOADED to READ, or to UNREADABLE with its problem. After a crash it begins again. Whether it
    waits for nobody, since a program brought it with a profile.

    Raises LeaseLost where the batch was dropped meanwhile, or another worker began to read it anew, and KeyMissing.
    """
    lease = replace(claimed)  # After a fault of ours the batch stays held, so that it is not tried again at once.
    batch = read_session().get_one(ImportBatch, lease.id, populate_existing=True)
    _hold(lease)
    db.session.execute(delete(ImportChunk).where(ImportChunk.batch_id == lease.id))
    db.session.commit()
    try:
        if batch.digest == UNFINISHED:
            raise Unreadable(FileProblem.BROKEN_OFF)
        if batch.attempts > MOST_ATTEMPTS:
            raise Unreadable(FileProblem.DAMAGED)
        file = ChunkedFile(partial(store.parts, read_session(), vault(), batch), store.file_name_of(vault(), batch))
        chunk_count = _write_chunks(lease, batch, file)
        found = _findings(batch, file)
        if not found["lines"]:
            raise Unreadable(FileProblem.EMPTY)
        _finish(lease, BatchState.READ, {**found, "chunks": chunk_count, "problem": None})
        return program_uploads.choose_layout(lease.id)
    except KeyMissing:
        db.session.rollback()
        lease.release(db.session, attempts=ImportBatch.attempts - 1)
        db.session.commit()
        raise
    except Unreadable as unreadable:
        db.session.rollback()
        db.session.execute(delete(ImportChunk).where(ImportChunk.batch_id == lease.id))
        _finish(lease, BatchState.UNREADABLE, {"problem": unreadable.problem.value, "ended_at": clock.now()})
    return False


def _hold(lease: BatchLease) -> None:
    """Also locks the batch until the transaction ends. Its attempts go on counting until it is read."""
    lease.renew(db.session, clock.now(), lease=LEASE, attempts=ImportBatch.attempts)


def _finish(lease: BatchLease, state: BatchState, values: dict[str, Any]) -> None:
    lease.finish(db.session, state, clock.now(), position=0, **values)
    db.session.execute(delete(UploadPart).where(UploadPart.batch_id == lease.id))
    db.session.commit()


def _write_chunks(lease: BatchLease, batch: ImportBatch, file: ChunkedFile) -> int:
    """Store the chunks and return their number. They are sealed before each transaction, which stays short so."""
    rows = (_chunk_row(batch, place, chunk) for place, chunk in enumerate(file))
    count = 0
    while few := list(islice(rows, AT_ONCE)):
        _hold(lease)
        db.session.execute(insert(ImportChunk.__table__), few)
        db.session.commit()
        count += len(few)
    return count


def _chunk_row(batch: ImportBatch, place: int, chunk: FileChunk) -> dict[str, Any]:
    chunk_id = new_id()
    return {
        "id": chunk_id,
        "provider_id": batch.provider_id,
        "batch_id": batch.id,
        "sheet": chunk.sheet,
        "place": place,
        "first_line": chunk.first_line,
        "lines": chunk.lines,
        "content": store.seal_lines(vault(), chunk.packed, batch.provider_id, chunk_id),
    }


def _findings(batch: ImportBatch, file: ChunkedFile) -> dict[str, Any]:
    """The batch's columns that are known once its file is read: outline, layout, number of data lines."""
    outline, samples = file.outline, file.samples
    guessed = _guess_layout(batch, outline, samples)
    return {
        "outline": vault().seal(outline.packed(), ImportBatch.OUTLINE, batch.provider_id, batch.id),
        "layout": vault().seal(guessed.packed(), ImportBatch.LAYOUT, batch.provider_id, batch.id),
        "lines": sum(
            outline.sheets[each].lines - _lines_above_data(outline.sheets[each], samples[each])
            for each in guessed.sheets
        ),
    }


def _layout_of_sheet(batch: ImportBatch, sheet: Sheet, lines: list[Line]) -> Layout:
    """The provider's for this header, or else the guessed one. Days stand before months, and "Y" is yes, as in this
    very file."""
    guess = layout.guess(sheet.header, lines)
    found = profiles.find(read_session(), vault(), batch.provider_id, sheet.header)
    if not found:
        return guess
    return replace(found, day_first=guess.day_first).with_words(guess.words)


def _guess_layout(batch: ImportBatch, outline: Outline, samples: list[list[Line]]) -> Layout:
    """The layout of the sheet in which most columns are known, for all sheets with the same header. Raises Unreadable
    where that one is transposed."""
    layouts = {
        place: _layout_of_sheet(batch, sheet, sample[_lines_above_data(sheet, sample) :])
        for place, (sheet, sample) in enumerate(zip(outline.sheets, samples, strict=True))
        if sheet.chunks
    }
    best = max(layouts, key=lambda place: _rank(layouts[place], outline.sheets[place]))
    if outline.sheets[best].is_transposed:
        raise Unreadable(FileProblem.TRANSPOSED)
    alike = [
        place
        for place in layouts
        if _names(outline.sheets[place]) == _names(outline.sheets[best])
        and outline.sheets[place].is_hidden <= outline.sheets[best].is_hidden  # A hidden one only by a person's choice,
        and (place == best or not outline.sheets[place].title)  # as one that refuses.
    ]
    return replace(layouts[best], sheets=tuple(alike) if outline.sheets[best].header else (best,))


def _rank(guessed: Layout, sheet: Sheet) -> tuple[bool, bool, bool, int, int]:
    has_addresses = bool(ADDRESSES.keys() & guessed.columns.keys())
    return not sheet.is_hidden, has_addresses, not sheet.title, len(guessed.columns), sheet.lines


def _names(sheet: Sheet) -> list[str]:
    """Columns are read by their place: the same names in another order are other columns."""
    return [name.strip().casefold() for name in sheet.header]


def _lines_above_data(sheet: Sheet, sample: list[Line]) -> int:
    """The header and the titles over it."""
    return sum(number <= (sheet.header_line or 0) for number, _ in sample)
