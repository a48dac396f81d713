"""Encrypted storage of a batch: its file in parts, its lines in compressed chunks, its outline and its layout.

What opens one of them raises CannotOpen.
"""

import dataclasses
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from portal.core.models import ImportBatch, ImportChunk, UploadPart
from portal.core.vault import Vault
from portal.services.imports.layout import Field, Layout
from portal.services.imports.reading import Line, Outline, Sheet
from portal.services.imports.reading.file_problems import FileProblem

PART = 512 * 1024  # Bytes of a file in one row.
FASTEST = 1
LONGEST = 200  # Characters of a cell that a page shows.
DAMAGED = FileProblem.PART_LOST.value  # A batch's `problem` where one of its chunks cannot be opened.

_PART = select(UploadPart.id, UploadPart.content).where(
    UploadPart.batch_id == bindparam("batch_id"), UploadPart.place == bindparam("place")
)
_CHUNK = select(*ImportChunk.__table__.columns).where(
    ImportChunk.batch_id == bindparam("batch_id"), ImportChunk.place == bindparam("place")
)

ChunkRow = Row[*tuple[Any, ...]]  # All columns of an ImportChunk.


@dataclass(frozen=True)
class Cell:
    field: Field
    header: str
    value: str = dataclasses.field(repr=False)


def seal_part(vault: Vault, content: bytes, provider_id: int, part_id: int) -> bytes:
    return vault.seal(content, UploadPart.PLACE, provider_id, part_id)


def parts(session: Session, vault: Vault, batch: ImportBatch) -> Iterator[bytes]:
    """The bytes of a batch's file, part by part, each fetched when its turn comes."""
    place = 0
    while part := session.execute(_PART, {"batch_id": batch.id, "place": place}).first():
        yield vault.open(part.content, UploadPart.PLACE, batch.provider_id, part.id)
        place += 1


def seal_lines(vault: Vault, packed: bytes, provider_id: int, chunk_id: int) -> bytes:
    """Compress and encrypt the lines of a chunk, which are packed as JSON."""
    return vault.seal(zlib.compress(packed, FASTEST), ImportChunk.PLACE, provider_id, chunk_id)


def chunk_at(session: Session, batch_id: int, place: int) -> ChunkRow | None:
    """The chunk at a place in the whole file; None after the last."""
    return session.execute(_CHUNK, {"batch_id": batch_id, "place": place}).one_or_none()


def lines_of(vault: Vault, chunk: ChunkRow) -> list[Line]:
    """The lines of a chunk as they stood in the file."""
    compressed = vault.open(chunk.content, ImportChunk.PLACE, chunk.provider_id, chunk.id)
    lines: list[Line] = json.loads(zlib.decompress(compressed))
    return lines


def file_name_of(vault: Vault, batch: ImportBatch) -> str:
    return vault.read(batch.name, ImportBatch.NAME, batch.provider_id, batch.id)


def outline_of(vault: Vault, batch: ImportBatch) -> Outline:
    """The outline of a batch that was read."""
    assert batch.outline
    return Outline.unpacked(vault.read(batch.outline, ImportBatch.OUTLINE, batch.provider_id, batch.id))


def layout_of(vault: Vault, batch: ImportBatch) -> Layout:
    """The layout of a batch that was read."""
    assert batch.layout
    return Layout.unpacked(vault.read(batch.layout, ImportBatch.LAYOUT, batch.provider_id, batch.id))


def first_lines(session: Session, vault: Vault, batch: ImportBatch, sheet: Sheet) -> list[Line]:
    """The lines of a sheet's first chunk, its header among them."""
    chunk = chunk_at(session, batch.id, sheet.first_chunk) if sheet.chunks else None
    return lines_of(vault, chunk) if chunk else []


def header_of(outline: Outline, layout: Layout) -> Sequence[str]:
    """The header of the sheets that are read; empty where no line names the columns."""
    return outline.sheets[layout.sheets[0]].header if layout.sheets else ()


def cells_of(cells: Sequence[str], fields: Sequence[Field], layout: Layout, header: Sequence[str]) -> tuple[Cell, ...]:
    """The cells of these fields, as far as they have a column."""
    return tuple(
        Cell(
            each, header[column] if column < len(header) else "", cells[column][:LONGEST] if column < len(cells) else ""
        )
        for each in fields
        if (column := layout.columns.get(each)) is not None
    )


class StoredLines:
    """Finds lines of a batch by their number; each chunk is opened once."""

    def __init__(self, session: Session, vault: Vault, batch: ImportBatch):
        self._session, self._vault, self._batch = session, vault, batch
        self._layout, self._outline = layout_of(vault, batch), outline_of(vault, batch)
        self._opened: dict[int, dict[int, list[str]]] = {}
        places = select(ImportChunk.place, ImportChunk.sheet, ImportChunk.first_line)
        mine = places.where(ImportChunk.batch_id == batch.id, ImportChunk.sheet.in_(self._layout.sheets))
        self._places = session.execute(mine.order_by(ImportChunk.place)).all()

    def cells_of(self, number: int, address: str, fields: Sequence[Field]) -> tuple[Cell, ...]:
        """Those fields of a line; where several sheets have such a line, of the one with this address."""
        found = list(self._candidates(number))
        if not found:
            return ()
        sheet, cells = next((each for each in found if _mentions(each[1], address)), found[0])
        return cells_of(cells, fields, self._layout, self._outline.sheets[sheet].header)

    def _candidates(self, number: int) -> Iterator[tuple[int, list[str]]]:
        for sheet in self._layout.sheets:
            before = [place for place, of, first in self._places if of == sheet and first <= number]
            if before and (cells := self._lines_by_number(before[-1]).get(number)):
                yield sheet, cells

    def _lines_by_number(self, place: int) -> dict[int, list[str]]:
        if place not in self._opened:
            chunk = chunk_at(self._session, self._batch.id, place)
            self._opened[place] = dict(lines_of(self._vault, chunk)) if chunk else {}
        return self._opened[place]


def _mentions(cells: Sequence[str], address: str) -> bool:
    """Whether a line holds an address: numbers are written in many ways, but end alike."""
    tail = address[-7:] if address.startswith("+") else address
    return any(tail in each.lower().replace(" ", "") for each in cells)
