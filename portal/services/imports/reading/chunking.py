"""A file in chunks of lines, as they stand in it; its outline is known at its end."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain, takewhile
from pathlib import PurePath
from typing import Any

from portal.services.imports import layout
from portal.services.imports.layout.cell_words import STATUSES
from portal.services.imports.layout.normalization import LONGEST_NAME, folded
from portal.services.imports.reading.column_words import ColumnWords, words_of_pages
from portal.services.imports.reading.csv_records import find_separator, lines, records, sampled
from portal.services.imports.reading.file_problems import START, FileKind, FileProblem, Unreadable, detect_kind
from portal.services.imports.reading.text_encoding import Parts, decoded, find_encoding, start_of
from portal.services.imports.reading.workbook_chunker.chunks import (
    CHUNK_HEADER,
    HIDDEN_HEADER,
    MOST_LINES,
    CannotChunk,
    Chunk,
    FrameKind,
    Line,
    chunk_lines,
)
from portal.services.imports.reading.workbook_process import frames

MOST_SHEETS = 100
SAMPLE_LINES = 300  # Kept of each sheet, to guess its columns.
MOST_TEXTS, LONGEST_TEXT = 20, 80  # Of what stands around a table, and characters of one.
TEXTS = ("csv", "tsv", "txt")


@dataclass(frozen=True)
class Sheet:
    """One sheet, or the whole of a text, or another table below that one. `header` is empty where no line names the
    columns."""

    name: str
    lines: int  # Not empty; with the header and the lines above it.
    width: int  # Columns of its widest line.
    header_line: int | None  # As an editor counts, from 1; lines above it are no data.
    header: tuple[str, ...]
    first_chunk: int  # The place of its first chunk.
    chunks: int
    is_hidden: bool = False
    title: str = ""  # What speaks of refusing between its top and its first address.
    hidden_lines: int = 0  # Hidden by hand or by a filter; they are read like others.
    texts: tuple[str, ...] = ()  # Around its lines: titles, group headers, boxes; what nobody understands first.
    # The last lines up to which colours differ, formats write words, and parts of cells are struck through.
    looks: tuple[int, ...] = ()
    words: tuple[int, ...] = ()  # Of its lines of data (ColumnWords).
    is_transposed: bool = False


@dataclass(frozen=True)
class Outline:
    format: str  # "xlsx", "xls", "ods", "csv", "paste"
    encoding: str | None
    separator: str | None
    sheets: tuple[Sheet, ...]

    def words_of(self, pages: Iterable[int]) -> list[int]:
        """What the columns of sheets hold that are pages of one table."""
        return words_of_pages(self.sheets[each].words for each in pages)

    def packed(self) -> str:
        """As JSON, to be encrypted."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def unpacked(cls, text: str) -> "Outline":
        """What packed() wrote, perhaps of another version."""
        facts = json.loads(text)
        known = Sheet.__dataclass_fields__
        sheets: list[dict[str, Any]] = [
            {name: tuple(value) if isinstance(value, list) else value for name, value in each.items() if name in known}
            for each in facts.pop("sheets")
        ]
        return cls(sheets=tuple(Sheet(**each) for each in sheets), **facts)


@dataclass(frozen=True, slots=True)
class FileChunk:
    """Up to a thousand lines of one sheet, packed as JSON."""

    sheet: int  # From 0.
    first_line: int
    lines: int
    packed: bytes


class ChunkedFile:
    """The file whose bytes `parts` opens, any number of times. Without a name it was pasted.

    Iterate it once (that raises Unreadable), then ask for its outline and samples. Encoding, separator and format are
    known from the first chunk on.
    """

    outline: Outline
    samples: list[list[Line]]  # Of each sheet its first lines, the header and what stands above it among them.

    def __init__(self, parts: Parts, name: str):
        self._parts, self._name = parts, name
        self.format = ""
        self.encoding: str | None = None
        self.separator: str | None = None
        self._sheets: list[Sheet] = []  # As far as they have been read.
        self._sheet_name, self._first_table = "", 0  # Of the workbook's sheet that is read.
        self._has_data, self._words = False, ColumnWords()  # Of the table so far: whether it had an address.
        self.samples = []

    def __iter__(self) -> Iterator[FileChunk]:
        is_workbook = detect_kind(start_of(self._parts(), START)) == FileKind.WORKBOOK
        place = 0
        for chunk in chain.from_iterable(
            map(self._tables, self._workbook_chunks() if is_workbook else self._text_chunks())
        ):
            self._count(chunk, place)
            place += 1
            yield FileChunk(len(self._sheets) - 1, chunk.first_line, chunk.lines, chunk.packed)
        if not place:
            raise Unreadable(FileProblem.EMPTY)
        self.outline = Outline(self.format, self.encoding, self.separator, tuple(self._sheets))

    def _workbook_chunks(self) -> Iterator[Chunk]:
        for kind, body in frames(self._parts()):
            if kind == FrameKind.FORMAT:
                self.format = body.decode()
            elif kind == FrameKind.SHEET:
                self._sheet_name, self._first_table = body.decode(), len(self._sheets)
                self._begin_sheet(self._sheet_name)
            elif kind == FrameKind.CHUNK:
                _, first_line, count, width = CHUNK_HEADER.unpack_from(body)
                yield Chunk(first_line, count, width, body[CHUNK_HEADER.size :])
            elif kind == FrameKind.HIDDEN:
                is_hidden, hidden_lines = HIDDEN_HEADER.unpack(body)
                first, *others = self._sheets[self._first_table :]
                tables = replace(first, hidden_lines=hidden_lines), *others
                self._sheets[self._first_table :] = [replace(each, is_hidden=is_hidden) for each in tables]
            elif kind == FrameKind.LOOKS:
                looks, texts = json.loads(body)
                self._sheets[self._first_table :] = [
                    replace(each, looks=tuple(looks), texts=_kept((*each.texts, *texts)))
                    for each in self._sheets[self._first_table :]
                ]

    def _text_chunks(self) -> Iterator[Chunk]:
        extension = PurePath(self._name).suffix.lower().removeprefix(".")
        self.format = (extension if extension in TEXTS else "csv") if self._name else "paste"
        self.encoding = find_encoding(self._parts)
        self._begin_sheet("")
        sample, texts = sampled(decoded(self._parts(), self.encoding))
        self.separator = find_separator(sample)
        line_count = 0
        try:
            for chunk in chunk_lines(records(lines(texts), self.separator)):
                line_count += chunk.lines
                if line_count > MOST_LINES:
                    raise Unreadable(FileProblem.TOO_MANY_LINES)
                yield chunk
        except CannotChunk as error:
            raise Unreadable(FileProblem(error.problem)) from None

    def _begin_sheet(self, name: str) -> None:
        self._sheets.append(Sheet(name, lines=0, width=0, header_line=None, header=(), first_chunk=0, chunks=0))
        self.samples.append([])
        self._has_data, self._words = False, ColumnWords()

    def _tables(self, chunk: Chunk) -> Iterator[Chunk]:
        """A chunk, cut where another table begins within its sheet, which is a sheet of its own then."""
        lines: list[Line] = json.loads(chunk.packed)
        if not self._sheets[-1].chunks:
            self._describe(lines)
        start = 0
        for place, (_, cells) in enumerate(lines):
            if not self._has_data:
                self._has_data = layout.holds_address(cells)
            elif layout.begins_table(cells, self._sheets[-1].header, self.samples[-1]):
                self._add_words(lines[start:place])
                yield from chunk_lines(lines[start:place])
                self._begin_table(lines[place:])
                start = place
        self._add_words(lines[start:])
        yield from chunk_lines(lines[start:]) if start else (chunk,)

    def _add_words(self, lines: list[Line]) -> None:
        sheet = self._sheets[-1]
        self._words.add(cells for number, cells in lines if number > (sheet.header_line or 0))
        self._sheets[-1] = replace(sheet, words=tuple(self._words.words))

    def _begin_table(self, lines: list[Line]) -> None:
        """Begin one below another of the same sheet; without a header of its own it has that one's columns."""
        above = self._sheets[-1]
        if len(self._sheets) >= MOST_SHEETS:
            raise Unreadable(FileProblem.TOO_MANY_SHEETS)
        self._sheets[-1] = replace(above, name=above.name or _name_of(above.header))
        self._begin_sheet(_name_of([self._sheet_name, *lines[0][1]]))
        self._describe(lines)
        if len({*self._sheets[-1].header}) < 2 and any(layout.holds_address(cells) for _, cells in self.samples[-1]):
            self._sheets[-1] = replace(self._sheets[-1], header=above.header, header_line=lines[0][0])

    def _describe(self, lines: list[Line]) -> None:
        """Keep the first lines of a sheet, its header, and what speaks of refusing around that."""
        sample = self.samples[-1] = lines[:SAMPLE_LINES]
        header = layout.find_header(sample)
        number, names = (None, []) if header is None else sample[header]
        around = list(takewhile(lambda line: not layout.holds_address(line[1]), sample))
        named = [cells for each, cells in around if each <= (number or 0) or not layout.is_of_data(cells)]
        texts = [cell for cells in named if cells is not names or len({*cells}) < 2 for cell in cells]
        spoken = [] if names else layout.names_over_answers(sample)
        texts += [text for text in spoken if folded(text) not in STATUSES]
        title = " ".join(dict.fromkeys(filter(layout.refusal_spoken, texts)))[:LONGEST_NAME]
        above = [cell for each, cells in sample if each < (number or 0) for cell in cells] + spoken
        self._sheets[-1] = replace(
            self._sheets[-1], header_line=number, header=tuple(names), title=title, texts=_kept(above),
            is_transposed=layout.is_transposed(sample),
        )  # fmt: skip

    def _count(self, chunk: Chunk, place: int) -> None:
        sheet = self._sheets[-1]
        lines, width = sheet.lines + chunk.lines, max(sheet.width, chunk.width)
        first = sheet.first_chunk if sheet.chunks else place
        self._sheets[-1] = replace(sheet, lines=lines, width=width, first_chunk=first, chunks=sheet.chunks + 1)


def _kept(texts: Iterable[str]) -> tuple[str, ...]:
    """Each once: those that nobody understands, then others, as far as they are not cut: they may name a brand."""
    found = [text for text in dict.fromkeys(texts) if text]
    known = [text for text in found if layout.is_plain(text)]
    unknown = [text[:LONGEST_TEXT] for text in found if text not in known]
    return (*unknown, *(text for text in known if len(text) < LONGEST_TEXT))[:MOST_TEXTS]


def _name_of(cells: Sequence[str]) -> str:
    return " ".join(dict.fromkeys(filter(None, cells)))[:LONGEST_NAME]
