"""The lines of a batch as they stood in its file: the first ones, and any by its number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.core.models import ImportBatch, ImportChunk
from portal.core.vault import Vault
from portal.services.imports import store
from portal.services.imports.layout.layout import Field, Layout
from portal.services.imports.outline import Outline, Sheet

SHOWN_LINES = 20  # Of a file, above which a person says which column is what.
LONGEST = 200  # Signs of a cell that a page shows.


@dataclass(frozen=True)
class Cell:
    """What stands in one column of a line."""

    field: Field
    header: str
    value: str = field(repr=False)


def outline_of(vault: Vault, batch: ImportBatch) -> Outline:
    """What the file turned out to be; for a batch that was read. Raises CannotOpen."""
    return Outline.unpacked(vault.read(batch.outline, ImportBatch.OUTLINE, batch.provider_id, batch.id))


def layout_of(vault: Vault, batch: ImportBatch) -> Layout:
    """How its columns are read; for a batch that was read. Raises CannotOpen."""
    return Layout.unpacked(vault.read(batch.layout, ImportBatch.LAYOUT, batch.provider_id, batch.id))


def first_lines(
    session: Session, vault: Vault, batch: ImportBatch, sheet: Sheet, limit: int = SHOWN_LINES
) -> list[store.Line]:
    """The first lines of a sheet as they stand there, its header among them."""
    if not sheet.chunks:
        return []
    piece = session.scalar(piece_at(batch, sheet.first_chunk))
    return store.lines_of(vault, piece)[:limit] if piece else []


def header_of(outline: Outline, layout: Layout) -> Sequence[str]:
    """The header of the sheets that are read; empty where no line names the columns."""
    return outline.sheets[layout.sheets[0]].header if layout.sheets else ()


def cells_of(cells: Sequence[str], fields: Sequence[Field], layout: Layout, header: Sequence[str]) -> tuple[Cell, ...]:
    """Those fields of a line that have a column."""
    named = [(each, layout.columns[each]) for each in fields if each in layout.columns]
    return tuple(
        Cell(
            each, header[column] if column < len(header) else "", cells[column][:LONGEST] if column < len(cells) else ""
        )
        for each, column in named
    )


def piece_at(batch: ImportBatch, place: int) -> Select:
    """The piece with this place in the whole file."""
    return select(ImportChunk).where(ImportChunk.batch_id == batch.id, ImportChunk.place == place)


class Lines:
    """Finds lines of a batch by their number; each piece is opened once."""

    def __init__(self, session: Session, vault: Vault, batch: ImportBatch):
        self._session, self._vault, self._batch = session, vault, batch
        self._layout, self._outline = layout_of(vault, batch), outline_of(vault, batch)
        self._opened: dict[int, dict[int, list[str]]] = {}
        places = select(ImportChunk.place, ImportChunk.sheet, ImportChunk.first_line)
        mine = places.where(ImportChunk.batch_id == batch.id, ImportChunk.sheet.in_(self._layout.sheets))
        self._places = session.execute(mine.order_by(ImportChunk.place)).all()

    def cells_of(self, number: int, address: str, fields: Sequence[Field]) -> tuple[Cell, ...]:
        """Those fields of a line; of several sheets that have such a line, of the one with this address."""
        found = [(sheet, cells) for sheet, cells in self._all(number) if cells]
        sheet, cells = next((each for each in found if _says(each[1], address)), found[0] if found else (0, None))
        return cells_of(cells, fields, self._layout, self._outline.sheets[sheet].header) if cells else ()

    def _all(self, number: int) -> Iterator[tuple[int, list[str] | None]]:
        for sheet in self._layout.sheets:
            before = [place for place, of, first in self._places if of == sheet and first <= number]
            if before:
                yield sheet, self._piece(before[-1]).get(number)

    def _piece(self, place: int) -> dict[int, list[str]]:
        if place not in self._opened:
            piece = self._session.scalar(piece_at(self._batch, place))
            self._opened[place] = dict(store.lines_of(self._vault, piece))
        return self._opened[place]


def _says(cells: Sequence[str], address: str) -> bool:
    """Whether a line speaks of an address: numbers are written in many ways, and end alike."""
    tail = address[-7:] if address.startswith("+") else address
    return any(tail in each.lower().replace(" ", "") for each in cells)
