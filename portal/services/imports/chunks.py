"""A batch's stored chunks as the worker takes them: fetched by place, opened, and parsed into entries."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from portal.core.models import ImportBatch, ImportChunk
from portal.core.vault import Vault
from portal.domain.consents.bulk_import import Entry
from portal.services.imports import store
from portal.services.imports.row_parser import RowParser
from portal.services.imports.row_results import SLOTS
from portal.services.imports.stored_rows import layout_of, outline_of

DAMAGED = "damaged"  # A batch's `problem` where one of its chunks cannot be opened.
COLUMNS = (
    ImportChunk.id, ImportChunk.provider_id, ImportChunk.sheet, ImportChunk.place, ImportChunk.first_line,
    ImportChunk.lines, ImportChunk.content, ImportChunk.row_results, ImportChunk.tally, ImportChunk.ran_at,
)  # fmt: skip

ChunkRow = Row[*tuple[Any, ...]]  # Of COLUMNS.


@dataclass
class ParsedChunk:
    """The entries of a chunk and the problems in place of some, by the number of each slot, three a line."""

    lines: int = 0  # Of data.
    entries: dict[int, Entry] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)


def chunk_at(session: Session, batch_id: int, place: int) -> ChunkRow | None:
    """The chunk at a place; None after the last."""
    return session.execute(
        select(*COLUMNS).where(ImportChunk.batch_id == batch_id, ImportChunk.place == place)
    ).one_or_none()


def chunk_parser(vault: Vault, batch: ImportBatch, at: datetime) -> Callable[[ChunkRow], ParsedChunk]:
    """A function that opens a chunk of the batch and parses it by its layout. That function raises CannotOpen."""
    layout, outline = layout_of(vault, batch), outline_of(vault, batch)

    @lru_cache
    def sheet_parser(sheet: int) -> RowParser:
        return RowParser(layout, at=at, header_line=outline.sheets[sheet].header_line)

    def parse(chunk: ChunkRow) -> ParsedChunk:
        if chunk.sheet not in layout.sheets:
            return ParsedChunk()
        return _parse_lines(sheet_parser(chunk.sheet), store.lines_of(vault, chunk))

    return parse


def _parse_lines(parser: RowParser, lines: list[store.Line]) -> ParsedChunk:
    parsed = ParsedChunk()
    for row, line in enumerate(lines):
        parsed.lines += line[0] > parser.header_line
        for slot, result in parser.parse(line):
            if isinstance(result, str):
                parsed.problems[len(SLOTS) * row + slot] = result
            else:
                parsed.entries[len(SLOTS) * row + slot] = result
    return parsed
