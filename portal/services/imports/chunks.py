"""A batch's pieces as the worker takes them: one after the other, each opened and looked at."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from portal.core.models import ImportBatch, ImportChunk
from portal.core.vault import Vault
from portal.domain.consents.bulk_import import Entry
from portal.services.imports import store
from portal.services.imports.layout import Layout
from portal.services.imports.outline import Outline
from portal.services.imports.row_parser import RowParser

DAMAGED = "damaged"  # What a batch's `problem` says where a piece of it cannot be opened.
COLUMNS = [
    getattr(ImportChunk, name)
    for name in (
        "id",
        "provider_id",
        "sheet",
        "place",
        "first_line",
        "lines",
        "content",
        "row_results",
        "tally",
        "ran_at",
    )
]


@dataclass
class Looked:
    """What the lines of a piece say: by the number of each slot, three a line."""

    lines: int = 0  # Of data.
    entries: dict[int, Entry] = field(default_factory=dict)
    words: dict[int, str] = field(default_factory=dict)  # Of those that are none.


def piece_at(session: Session, batch_id: int, place: int) -> Row | None:
    """The piece at a place; None after the last."""
    return session.execute(
        select(*COLUMNS).where(ImportChunk.batch_id == batch_id, ImportChunk.place == place)
    ).one_or_none()


def looking(vault: Vault, batch: ImportBatch, at: datetime) -> Callable[[Row], Looked]:
    """A function that opens a piece of the batch and looks at it by its layout. That raises CannotOpen."""
    layout = Layout.unpacked(vault.read(batch.layout, ImportBatch.LAYOUT, batch.provider_id, batch.id))
    outline = Outline.unpacked(vault.read(batch.outline, ImportBatch.OUTLINE, batch.provider_id, batch.id))

    @lru_cache
    def of_sheet(sheet: int) -> RowParser:
        return RowParser(layout, at=at, header_line=outline.sheets[sheet].header_line)

    def look(piece: Row) -> Looked:
        if piece.sheet not in layout.sheets:
            return Looked()
        return _looked(of_sheet(piece.sheet), store.lines_of(vault, piece))

    return look


def _looked(looker: RowParser, lines: list[store.Line]) -> Looked:
    looked = Looked()
    for row, line in enumerate(lines):
        looked.lines += line[0] > looker.header_line
        for slot, said in looker.look(line):
            (looked.words if isinstance(said, str) else looked.entries)[3 * row + slot] = said
    return looked
