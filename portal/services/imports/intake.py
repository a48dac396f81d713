"""Intake: a file that was uploaded becomes pieces of lines, with a guess of what its columns are."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import islice

from sqlalchemy import delete, func, insert, select, update

from portal.core import clock
from portal.core.extensions import db, reading, vault
from portal.core.models import BatchState, ImportBatch, ImportChunk, UploadPart
from portal.core.models.ids import new_id
from portal.services.imports import layout, profiles, store
from portal.services.imports.layout import Layout
from portal.services.imports.outline import Outline, Sheet
from portal.services.imports.reading import Cut, Cutting, FileProblem, Unreadable, cut
from portal.services.imports.store import Line
from portal.services.imports.uploads import UNFINISHED

AT_ONCE = 4  # Pieces a transaction.
MOST_ATTEMPTS = 5  # A file that ends each worker that begins with it, or meets a fault of ours, is not begun for ever.
LEASE = timedelta(minutes=5)  # A large workbook takes a while before its first piece comes.
ADDRESSES = (layout.Field.ADDRESS, layout.Field.PHONE, layout.Field.EMAIL)


class Gone(Exception):
    """Somebody threw the file away while it was cut, or another worker began to cut it anew."""


def step(batch_id: int) -> None:
    """Cut a batch from UPLOADED to READ, or say why it is UNREADABLE. One that was killed begins again."""
    batch = reading().get_one(ImportBatch, batch_id, populate_existing=True)
    if batch.state != BatchState.UPLOADED:
        return
    try:
        _begin_anew(batch_id)
        if batch.digest == UNFINISHED:
            raise Unreadable(FileProblem.BROKEN_OFF)
        if batch.attempts > MOST_ATTEMPTS:
            raise Unreadable(FileProblem.DAMAGED)
        cutting = cut(partial(store.parts, reading(), vault(), batch), store.name_of(vault(), batch))
        pieces = _write_pieces(batch, cutting)
        found = _found(batch, cutting)
        if not found["lines"]:
            raise Unreadable(FileProblem.EMPTY)
        _hold(batch_id, {"pieces": pieces})
        _require_all(batch_id, pieces)
        _end(batch_id, found | {"state": BatchState.READ, "problem": None})
    except Unreadable as unreadable:
        db.session.rollback()
        db.session.execute(delete(ImportChunk).where(ImportChunk.batch_id == batch_id))
        _end(batch_id, {"state": BatchState.UNREADABLE, "problem": unreadable.problem.value, "ended_at": clock.now()})
    except Gone:
        db.session.rollback()


def _begin_anew(batch_id: int) -> None:
    """What an earlier try had written goes."""
    _hold(batch_id, {"lease_until": clock.now() + LEASE})
    db.session.execute(delete(ImportChunk).where(ImportChunk.batch_id == batch_id))
    db.session.commit()


def _write_pieces(batch: ImportBatch, cutting: Cutting) -> int:
    """Sealed before each transaction begins, so that nobody waits for that; how many there are."""
    rows = (_row(batch, place, piece) for place, piece in enumerate(cutting))
    count = 0
    while few := list(islice(rows, AT_ONCE)):
        _hold(batch.id, {"lease_until": clock.now() + LEASE})
        db.session.execute(insert(ImportChunk.__table__), few)
        db.session.commit()
        count += len(few)
    return count


def _row(batch: ImportBatch, place: int, piece: Cut) -> dict:
    piece_id = new_id()
    return {
        "id": piece_id,
        "provider_id": batch.provider_id,
        "batch_id": batch.id,
        "sheet": piece.sheet,
        "place": place,
        "first_line": piece.first_line,
        "lines": piece.lines,
        "content": store.seal_lines(vault(), piece.packed, batch.provider_id, piece_id),
    }


def _end(batch_id: int, values: dict) -> None:
    _hold(batch_id, values | {"since": clock.now(), "position": 0, "attempts": 0, "lease_until": None})
    db.session.execute(delete(UploadPart).where(UploadPart.batch_id == batch_id))
    db.session.commit()


def _hold(batch_id: int, values: dict) -> None:
    """Write of the batch, and keep it ours until the transaction ends. Raises Gone."""
    mine = update(ImportBatch).where(ImportBatch.id == batch_id, ImportBatch.state == BatchState.UPLOADED)
    if db.session.execute(mine.values(values)).rowcount != 1:
        raise Gone


def _require_all(batch_id: int, pieces: int) -> None:
    """Of a file that two cut at once, one may have thrown away what the other wrote. Raises Gone."""
    written = select(func.count()).where(ImportChunk.batch_id == batch_id)
    if db.session.scalar(written) != pieces:
        raise Gone


def _found(batch: ImportBatch, cutting: Cutting) -> dict:
    """What is known of a file that is cut: its outline, and how it may be read."""
    outline, samples = cutting.outline, cutting.samples
    guessed = _guess(batch, outline, samples)
    return {
        "outline": vault().seal(outline.packed(), ImportBatch.OUTLINE, batch.provider_id, batch.id),
        "layout": vault().seal(guessed.packed(), ImportBatch.LAYOUT, batch.provider_id, batch.id),
        "lines": sum(
            outline.sheets[each].lines - _above(outline.sheets[each], samples[each]) for each in guessed.sheets
        ),
    }


def _guess(batch: ImportBatch, outline: Outline, samples: list[list[Line]]) -> Layout:
    """How the sheet is read of which most is known; sheets with the same columns are read with it."""
    layouts = dict(_layouts(batch, outline, samples))
    best = max(layouts, key=lambda place: _likeness(layouts[place], outline.sheets[place]))
    alike = [place for place in layouts if _names(outline.sheets[place]) == _names(outline.sheets[best])]
    return replace(layouts[best], sheets=tuple(alike) if outline.sheets[best].header else (best,))


def _layouts(batch: ImportBatch, outline: Outline, samples: list[list[Line]]) -> Iterator[tuple[int, Layout]]:
    for place, (sheet, sample) in enumerate(zip(outline.sheets, samples, strict=True)):
        if sheet.pieces:
            known = None
            if sheet.header:
                signature = layout.signature(sheet.header)
                known = profiles.find(reading(), vault(), batch.provider_id, signature, header=sheet.header)
            yield place, known or layout.guess(sheet.header, sample[_above(sheet, sample) :])


def _likeness(guessed: Layout, sheet: Sheet) -> tuple:
    return any(each in guessed.columns for each in ADDRESSES), len(guessed.columns), sheet.lines


def _names(sheet: Sheet) -> list[str]:
    """Columns are read by their place: the same names in another order are other columns."""
    return [name.strip().casefold() for name in sheet.header]


def _above(sheet: Sheet, sample: list[Line]) -> int:
    """How many lines are no data: the header, and titles over it."""
    return sum(number <= (sheet.header_line or 0) for number, _ in sample)
