"""The lines of a batch as they stood in its file: the first ones, and any by its number."""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.core.models import ImportBatch, ImportChunk
from portal.core.vault import Vault
from portal.services.imports import store
from portal.services.imports.layout.layout import Field, Layout
from portal.services.imports.outline import Outline, Sheet

SHOWN_LINES = 20  # Of a file, on the page where a person chooses what each column is.
LONGEST = 200  # Characters of a cell that a page shows.


@dataclass(frozen=True)
class Cell:
    field: Field
    header: str
    value: str = dataclasses.field(repr=False)


def outline_of(vault: Vault, batch: ImportBatch) -> Outline:
    """The outline of a batch that was read. Raises CannotOpen."""
    assert batch.outline
    return Outline.unpacked(vault.read(batch.outline, ImportBatch.OUTLINE, batch.provider_id, batch.id))


def layout_of(vault: Vault, batch: ImportBatch) -> Layout:
    """The layout of a batch that was read. Raises CannotOpen."""
    assert batch.layout
    return Layout.unpacked(vault.read(batch.layout, ImportBatch.LAYOUT, batch.provider_id, batch.id))


def first_lines(
    session: Session, vault: Vault, batch: ImportBatch, sheet: Sheet, limit: int = SHOWN_LINES
) -> list[store.Line]:
    """The first lines of a sheet, its header among them."""
    if not sheet.chunks:
        return []
    chunk = session.scalar(chunk_query(batch, sheet.first_chunk))
    return store.lines_of(vault, chunk)[:limit] if chunk else []


def header_of(outline: Outline, layout: Layout) -> Sequence[str]:
    """The header of the sheets that are read; empty where no line names the columns."""
    return outline.sheets[layout.sheets[0]].header if layout.sheets else ()


def cells_of(cells: Sequence[str], fields: Sequence[Field], layout: Layout, header: Sequence[str]) -> tuple[Cell, ...]:
    """The cells of these fields, as far as they have a column."""
    named = [(each, layout.columns[each]) for each in fields if each in layout.columns]
    return tuple(
        Cell(
            each, header[column] if column < len(header) else "", cells[column][:LONGEST] if column < len(cells) else ""
        )
        for each, column in named
    )


def chunk_query(batch: ImportBatch, place: int) -> Select[ImportChunk]:
    """The chunk with this place in the whole file."""
    return select(ImportChunk).where(ImportChunk.batch_id == batch.id, ImportChunk.place == place)


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
        found = [(sheet, cells) for sheet, cells in self._candidates(number) if cells]
        sheet, cells = next((each for each in found if _mentions(each[1], address)), found[0] if found else (0, None))
        return cells_of(cells, fields, self._layout, self._outline.sheets[sheet].header) if cells else ()

    def _candidates(self, number: int) -> Iterator[tuple[int, list[str] | None]]:
        for sheet in self._layout.sheets:
            before = [place for place, of, first in self._places if of == sheet and first <= number]
            if before:
                yield sheet, self._lines_by_number(before[-1]).get(number)

    def _lines_by_number(self, place: int) -> dict[int, list[str]]:
        if place not in self._opened:
            chunk = self._session.scalars(chunk_query(self._batch, place)).one()
            self._opened[place] = dict(store.lines_of(self._vault, chunk))
        return self._opened[place]


def _mentions(cells: Sequence[str], address: str) -> bool:
    """Whether a line holds an address: numbers are written in many ways, but end alike."""
    tail = address[-7:] if address.startswith("+") else address
    return any(tail in each.lower().replace(" ", "") for each in cells)
