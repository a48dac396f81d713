"""Intake: turn an uploaded file into stored chunks of lines, and guess what its columns are."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from portal.core import clock
from portal.core.database import changed_rows
from portal.core.extensions import db, read_session, vault
from portal.core.models import BatchState, ImportBatch, ImportChunk, UploadPart
from portal.core.models.ids import new_id
from portal.services.imports import layout, profiles, store
from portal.services.imports.layout.layout import ADDRESSES, Layout
from portal.services.imports.reading import ChunkedFile, FileChunk, FileProblem, Line, Outline, Sheet, Unreadable
from portal.services.imports.uploads import UNFINISHED

AT_ONCE = 4  # Chunks a transaction.
MOST_ATTEMPTS = 5  # A file that kills each worker, or meets a fault of ours, is given up.
LEASE = timedelta(minutes=5)  # A large workbook takes a while before its first chunk comes.


class BatchGone(Exception):
    """The batch was dropped meanwhile, or another worker began to read it anew."""


def read_batch(batch_id: int) -> None:
    """Bring a batch from UPLOADED to READ, or to UNREADABLE with its problem. After a crash it begins again."""
    batch = read_session().get_one(ImportBatch, batch_id, populate_existing=True)
    if batch.state != BatchState.UPLOADED:
        return
    try:
        _delete_earlier_chunks(batch_id)
        if batch.digest == UNFINISHED:
            raise Unreadable(FileProblem.BROKEN_OFF)
        if batch.attempts > MOST_ATTEMPTS:
            raise Unreadable(FileProblem.DAMAGED)
        file = ChunkedFile(partial(store.parts, read_session(), vault(), batch), store.file_name_of(vault(), batch))
        chunk_count = _write_chunks(batch, file)
        found = _findings(batch, file)
        if not found["lines"]:
            raise Unreadable(FileProblem.EMPTY)
        _update_batch(batch_id, {"chunks": chunk_count})
        _require_all_chunks(batch_id, chunk_count)
        _finish(batch_id, found | {"state": BatchState.READ, "problem": None})
    except Unreadable as unreadable:
        db.session.rollback()
        db.session.execute(delete(ImportChunk).where(ImportChunk.batch_id == batch_id))
        problem = unreadable.problem.value
        _finish(batch_id, {"state": BatchState.UNREADABLE, "problem": problem, "ended_at": clock.now()})
    except BatchGone:
        db.session.rollback()


def _delete_earlier_chunks(batch_id: int) -> None:
    _update_batch(batch_id, {"lease_until": clock.now() + LEASE})
    db.session.execute(delete(ImportChunk).where(ImportChunk.batch_id == batch_id))
    db.session.commit()


def _write_chunks(batch: ImportBatch, file: ChunkedFile) -> int:
    """Store the chunks and return their number. They are sealed before each transaction, which stays short so."""
    rows = (_chunk_row(batch, place, chunk) for place, chunk in enumerate(file))
    count = 0
    while few := list(islice(rows, AT_ONCE)):
        _update_batch(batch.id, {"lease_until": clock.now() + LEASE})
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


def _finish(batch_id: int, values: dict[str, Any]) -> None:
    _update_batch(
        batch_id, values | {"state_changed_at": clock.now(), "position": 0, "attempts": 0, "lease_until": None}
    )
    db.session.execute(delete(UploadPart).where(UploadPart.batch_id == batch_id))
    db.session.commit()


def _update_batch(batch_id: int, values: dict[str, Any]) -> None:
    """Also locks the batch until the transaction ends. Raises BatchGone."""
    mine = update(ImportBatch).where(ImportBatch.id == batch_id, ImportBatch.state == BatchState.UPLOADED)
    if changed_rows(db.session, mine.values(values)) != 1:
        raise BatchGone


def _require_all_chunks(batch_id: int, count: int) -> None:
    """Of two workers that read one file at once, one may have deleted the other's chunks. Raises BatchGone."""
    written = select(func.count()).where(ImportChunk.batch_id == batch_id)
    if db.session.scalar(written) != count:
        raise BatchGone


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


def _guess_layout(batch: ImportBatch, outline: Outline, samples: list[list[Line]]) -> Layout:
    """The layout of the sheet in which most columns are known, for all sheets with the same header."""
    layouts = dict(_sheet_layouts(batch, outline, samples))
    best = max(layouts, key=lambda place: _rank(layouts[place], outline.sheets[place]))
    alike = [place for place in layouts if _names(outline.sheets[place]) == _names(outline.sheets[best])]
    return replace(layouts[best], sheets=tuple(alike) if outline.sheets[best].header else (best,))


def _sheet_layouts(batch: ImportBatch, outline: Outline, samples: list[list[Line]]) -> Iterator[tuple[int, Layout]]:
    for place, (sheet, sample) in enumerate(zip(outline.sheets, samples, strict=True)):
        if sheet.chunks:
            known = None
            if sheet.header:
                signature = layout.signature(sheet.header)
                known = profiles.find(read_session(), vault(), batch.provider_id, signature, header=sheet.header)
            yield place, known or layout.guess(sheet.header, sample[_lines_above_data(sheet, sample) :])


def _rank(guessed: Layout, sheet: Sheet) -> tuple[bool, int, int]:
    return bool(ADDRESSES.keys() & guessed.columns.keys()), len(guessed.columns), sheet.lines


def _names(sheet: Sheet) -> list[str]:
    """Columns are read by their place: the same names in another order are other columns."""
    return [name.strip().casefold() for name in sheet.header]


def _lines_above_data(sheet: Sheet, sample: list[Line]) -> int:
    """The header and the titles over it."""
    return sum(number <= (sheet.header_line or 0) for number, _ in sample)
