"""A file in chunks of lines, as they stand in it; its outline is known at its end."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import PurePath

from portal.services.imports import layout
from portal.services.imports.layout.consent_names import LONGEST_NAME
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

SAMPLE_LINES = 300  # Kept of each sheet, to guess its columns.
TEXTS = ("csv", "tsv", "txt")


@dataclass(frozen=True)
class Sheet:
    """One sheet, or the whole of a text. `header` is empty where no line names the columns."""

    name: str
    lines: int  # Not empty; with the header and the lines above it.
    width: int  # Columns of its widest line.
    header_line: int | None  # As an editor counts, from 1; lines above it are no data.
    header: tuple[str, ...]
    first_chunk: int  # The place of its first chunk.
    chunks: int
    is_hidden: bool = False
    title: str = ""  # What stands above the header.
    hidden_lines: int = 0  # Hidden by hand or by a filter; they are read like others.


@dataclass(frozen=True)
class Outline:
    format: str  # "xlsx", "xls", "ods", "csv", "paste"
    encoding: str | None
    separator: str | None
    sheets: tuple[Sheet, ...]

    def packed(self) -> str:
        """As JSON, to be encrypted."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def unpacked(cls, text: str) -> "Outline":
        """What packed() wrote."""
        facts = json.loads(text)
        sheets = tuple(Sheet(**{**each, "header": tuple(each["header"])}) for each in facts.pop("sheets"))
        return cls(sheets=sheets, **facts)


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
        self.samples = []

    def __iter__(self) -> Iterator[FileChunk]:
        is_workbook = detect_kind(start_of(self._parts(), START)) == FileKind.WORKBOOK
        place = 0
        for chunk in self._workbook_chunks() if is_workbook else self._text_chunks():
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
                self._begin_sheet(body.decode())
            elif kind == FrameKind.CHUNK:
                _, first_line, count, width = CHUNK_HEADER.unpack_from(body)
                yield Chunk(first_line, count, width, body[CHUNK_HEADER.size :])
            elif kind == FrameKind.HIDDEN:
                is_hidden, hidden_lines = HIDDEN_HEADER.unpack(body)
                self._sheets[-1] = replace(self._sheets[-1], is_hidden=is_hidden, hidden_lines=hidden_lines)

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

    def _count(self, chunk: Chunk, place: int) -> None:
        sheet = self._sheets[-1]
        if not sheet.chunks:
            sample = self.samples[-1] = json.loads(chunk.packed)[:SAMPLE_LINES]
            header = layout.find_header(sample)
            number, names = (None, []) if header is None else sample[header]
            title = " ".join(cell for _, cells in sample[: header or 0] for cell in cells if cell)[:LONGEST_NAME]
            sheet = replace(sheet, header_line=number, header=tuple(names), first_chunk=place, title=title)
        lines, width = sheet.lines + chunk.lines, max(sheet.width, chunk.width)
        self._sheets[-1] = replace(sheet, lines=lines, width=width, chunks=sheet.chunks + 1)
