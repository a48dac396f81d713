"""Parse the chunks of a batch by its layout; what stands around a table may refuse, then no yes of it is a consent."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.orm import Session

from portal.core.addresses import Address, parse
from portal.core.extensions import read_session
from portal.core.iys_protocol import Status
from portal.core.models import Brand, ImportBatch
from portal.core.vault import CannotOpen, Vault
from portal.domain.consents import recipients
from portal.domain.consents.bulk_import import Entry
from portal.services.imports import store
from portal.services.imports.brand_names import NO_BRANDS, BrandNames
from portal.services.imports.grouped_statuses import GroupedStatuses
from portal.services.imports.layout import Layout
from portal.services.imports.layout.headings import refusal_spoken
from portal.services.imports.layout.layout import ADDRESSES
from portal.services.imports.reading import Line, Outline
from portal.services.imports.row_parser import Parse, RowParser
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
        parser, lines = reader.parser_of(chunk.sheet), reader.lines_of(chunk)
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
        self._session, self._vault, self._at = session, vault, at
        self._batch_id, self._provider_id = batch.id, batch.provider_id
        self.layout, self._outline = store.layout_of(vault, batch), store.outline_of(vault, batch)
        brand = session().get_one(Brand, batch.brand_id)
        self._brands = BrandNames.of_brand(session(), brand, self.layout.other_brands)
        self._file_name = store.file_name_of(vault, batch)
        self._parsers: dict[int, RowParser] = {}  # By sheet.
        self._ends: dict[int, GroupedStatuses] = {}  # By sheet: as they are below it.
        self._groups: GroupedStatuses
        self._next = (-1, 0)  # Sheet and place of the chunk that goes on.

    def parser_of(self, place: int) -> RowParser:
        """Of a sheet."""
        if place not in self._parsers:
            file = self._outline, place, self.layout, self._file_name
            self._parsers[place] = sheet_parser(*file, self._at, self._brands, self._parse_refused)
        return self._parsers[place]

    def _parse_refused(self, text: str) -> Address:
        return recipients.parse_known(self._session(), self._vault, self._provider_id, text)

    def lines_of(self, chunk: store.ChunkRow) -> list[Line]:
        """As they stood in the file, but for blanks of groups of statuses."""
        if self._next != (chunk.sheet, chunk.place):
            self._groups = self._groups_above(chunk.sheet, chunk.place)
        self._next = chunk.sheet, chunk.place + 1
        return [*self._groups.fill(store.lines_of(self._vault, chunk))]

    def _groups_above(self, place: int, chunk: int) -> GroupedStatuses:
        """Of a sheet, as they are above its chunk."""
        sheet = self._outline.sheets[place]
        groups = self.parser_of(place).groups()
        if before := [each for each in self.layout.sheets if each < place]:
            groups.go_on(self._groups_below(max(before)))
        if sheet.first_chunk < chunk:
            others = map(self._lines_above, range(chunk - 1, sheet.first_chunk, -1))
            groups.begin_below(self._lines_above(sheet.first_chunk), others)
        return groups

    def _groups_below(self, place: int) -> GroupedStatuses:
        if place not in self._ends:
            sheet = self._outline.sheets[place]
            self._ends[place] = self._groups_above(place, sheet.first_chunk + sheet.chunks)
        return self._ends[place]

    def _lines_above(self, place: int) -> list[Line]:
        chunk = store.chunk_at(self._session(), self._batch_id, place)
        with suppress(CannotOpen):
            return store.lines_of(self._vault, chunk) if chunk else []
        return []


def sheet_parser(
    outline: Outline, place: int, layout: Layout, file_name: str, at: datetime, brands: BrandNames = NO_BRANDS,
    parse_refused: Parse = parse,
) -> RowParser:  # fmt: skip
    """The parser of a sheet's lines; what stands around them may refuse, and then no yes of theirs is a consent."""
    sheet = outline.sheets[place]
    addresses = {place for each, place in layout.columns.items() if each in ADDRESSES}
    names = [name for place, name in enumerate(sheet.header) if place in addresses]
    heading = next(filter(refusal_spoken, (sheet.title, sheet.name, file_name, *names)), "")
    if heading and layout.status == Status.GRANTED:
        layout = replace(layout, status=None)
    words = outline.words_of(layout.sheets)
    return RowParser(
        layout, at=at, header_line=sheet.header_line, header=sheet.header, heading=heading, words=words, brands=brands,
        parse_refused=parse_refused,
    )  # fmt: skip
