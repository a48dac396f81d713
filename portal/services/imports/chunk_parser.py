"""Parse the chunks of a batch by its layout; what stands around a table may refuse, then no yes of it is a consent."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.orm import Session

from portal.core.addresses import Address
from portal.core.extensions import read_session
from portal.core.iys_protocol import Status
from portal.core.models import ImportBatch
from portal.core.vault import CannotOpen, Vault
from portal.domain.consents.bulk_import import Entry
from portal.services.imports import store
from portal.services.imports.grouped_statuses import GroupedStatuses
from portal.services.imports.layout import Layout
from portal.services.imports.layout.headings import refusal_spoken
from portal.services.imports.layout.layout import ADDRESSES
from portal.services.imports.reading import Line, Sheet
from portal.services.imports.row_parser import RowParser
from portal.services.imports.row_results import SLOTS
from portal.services.imports.unused_columns import CellCounter


@dataclass
class ParsedChunk:
    """The entries of a chunk and the problems in place of some, by the number of each slot, three a line."""

    lines: int = 0  # Of data.
    entries: dict[int, Entry] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)
    held: dict[str, Address] = field(default_factory=dict)  # Of lines that may refuse and cannot be written, by text.


def chunk_parser(
    vault: Vault, batch: ImportBatch, at: datetime, unread: CellCounter | None = None
) -> Callable[[store.ChunkRow], ParsedChunk]:
    """A function that opens a chunk of the batch and parses it by its layout. That function raises CannotOpen.

    `unread` counts the cells of columns that the layout does not read.
    """
    reader = BatchReader(read_session, vault, batch, at)

    def parse(chunk: store.ChunkRow) -> ParsedChunk:
        parsed = ParsedChunk()
        if chunk.sheet not in reader.layout.sheets:
            return parsed
        parser, lines = reader.parser_of(chunk), reader.lines_of(chunk)
        if unread is not None:
            unread.add((line for line in lines if line[0] > parser.header_line), chunk.sheet)
        for row, line in enumerate(lines):
            parsed.lines += line[0] > parser.header_line
            results, held = parser.parse_and_hold(line)
            parsed.held |= {address.text: address for address in held}
            for slot, result in results:
                if isinstance(result, str):
                    parsed.problems[len(SLOTS) * row + slot] = result
                else:
                    parsed.entries[len(SLOTS) * row + slot] = result
        return parsed

    return parse


class BatchReader:
    """Reads the lines of a batch by its layout, best chunk after chunk. Raises CannotOpen."""

    def __init__(self, session: Callable[[], Session], vault: Vault, batch: ImportBatch, at: datetime):
        self._session, self._vault, self._batch_id, self._at = session, vault, batch.id, at
        self.layout, self._outline = store.layout_of(vault, batch), store.outline_of(vault, batch)
        self._file_name = store.file_name_of(vault, batch)
        self._parsers: dict[int, RowParser] = {}  # By sheet.
        self._groups: GroupedStatuses
        self._next = (-1, 0)  # Sheet and place of the chunk that goes on.

    def parser_of(self, chunk: store.ChunkRow) -> RowParser:
        if chunk.sheet not in self._parsers:
            sheet = self._outline.sheets[chunk.sheet]
            self._parsers[chunk.sheet] = sheet_parser(sheet, self.layout, self._file_name, self._at)
        return self._parsers[chunk.sheet]

    def lines_of(self, chunk: store.ChunkRow) -> list[Line]:
        """As they stood in the file, but for blanks of groups of statuses."""
        if self._next != (chunk.sheet, chunk.place):
            sheet = self._outline.sheets[chunk.sheet]
            self._groups, first = self.parser_of(chunk).groups(sheet), sheet.first_chunk
            if first < chunk.place:
                others = map(self._lines_above, range(chunk.place - 1, first, -1))
                self._groups.begin_below(self._lines_above(first), others)
        self._next = chunk.sheet, chunk.place + 1
        return [*self._groups.fill(store.lines_of(self._vault, chunk))]

    def _lines_above(self, place: int) -> list[Line]:
        chunk = store.chunk_at(self._session(), self._batch_id, place)
        with suppress(CannotOpen):
            return store.lines_of(self._vault, chunk) if chunk else []
        return []


def sheet_parser(sheet: Sheet, layout: Layout, file_name: str, at: datetime) -> RowParser:
    """The parser of a sheet's lines; what stands around them may refuse, and then no yes of theirs is a consent."""
    addresses = {place for each, place in layout.columns.items() if each in ADDRESSES}
    names = [name for place, name in enumerate(sheet.header) if place in addresses]
    heading = next(filter(refusal_spoken, (sheet.title, sheet.name, file_name, *names)), "")
    if heading and layout.status == Status.GRANTED:
        layout = replace(layout, status=None)
    return RowParser(layout, at=at, header_line=sheet.header_line, header=sheet.header, heading=heading)
