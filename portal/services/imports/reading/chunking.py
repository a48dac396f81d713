"""A whole file cut into pieces of lines as they stand in it; what it turned out to be is known at its end."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from portal.services.imports import layout
from portal.services.imports.outline import Outline, Sheet
from portal.services.imports.reading.csv_records import find_separator, lines, records, sampled
from portal.services.imports.reading.file_kinds import START, Kind, kind_of
from portal.services.imports.reading.file_problems import FileProblem, Unreadable
from portal.services.imports.reading.text_encoding import Parts, decoded, find_encoding, start_of
from portal.services.imports.reading.workbook_chunker.chunks import MOST_LINES, Line, NotCut, Piece, pieces
from portal.services.imports.reading.workbook_chunker.frames import PIECE
from portal.services.imports.reading.workbook_chunker.frames import Kind as Said
from portal.services.imports.reading.workbook_process import frames

HEADERS_WITHIN = 20  # Lines of a sheet; titles may stand above its header.
KEPT = 300  # Lines of each sheet, from which its columns may be guessed.
TEXTS = ("csv", "tsv", "txt")


@dataclass(frozen=True, slots=True)
class Cut:
    """Up to a thousand lines of one sheet, as store.pack() makes them."""

    sheet: int  # From 0.
    first_line: int
    lines: int
    packed: bytes


class Cutting:
    """A file while it is cut: iterate it once, then ask for its outline. Iterating raises Unreadable."""

    outline: Outline
    samples: list[list[Line]]  # Of each sheet its first lines, the header and what stands above it among them.

    def __init__(self, parts: Parts, name: str):
        self._parts, self._name = parts, name
        self._format, self._encoding, self._separator = "", None, None
        self._sheets: list[_Sheet] = []

    def __iter__(self) -> Iterator[Cut]:
        is_workbook = kind_of(start_of(self._parts(), START)) == Kind.WORKBOOK
        place = 0
        for piece in self._workbook() if is_workbook else self._text():
            sheet = self._sheets[-1]
            sheet.take(piece, place)
            place += 1
            yield Cut(len(self._sheets) - 1, piece.first_line, piece.lines, piece.packed)
        if not place:
            raise Unreadable(FileProblem.EMPTY)
        self.samples = [sheet.sample for sheet in self._sheets]
        self.outline = Outline(
            self._format, self._encoding, self._separator, tuple(sheet.outlined() for sheet in self._sheets)
        )

    def _workbook(self) -> Iterator[Piece]:
        for kind, body in frames(self._parts()):
            if kind == Said.FORMAT:
                self._format = body.decode()
            elif kind == Said.SHEET:
                self._sheets.append(_Sheet(body.decode()))
            elif kind == Said.PIECE:
                _, first_line, count, width = PIECE.unpack_from(body)
                yield Piece(first_line, count, width, body[PIECE.size :])

    def _text(self) -> Iterator[Piece]:
        ending = PurePath(self._name).suffix.lower().removeprefix(".")
        self._format = (ending if ending in TEXTS else "csv") if self._name else "paste"
        self._encoding = find_encoding(self._parts)
        self._sheets.append(_Sheet(""))
        sample, texts = sampled(decoded(self._parts(), self._encoding))
        self._separator = find_separator(sample)
        behind = 0
        try:
            for piece in pieces(records(lines(texts), self._separator)):
                behind += piece.lines
                if behind > MOST_LINES:
                    raise Unreadable(FileProblem.TOO_MANY_LINES)
                yield piece
        except NotCut as reason:
            raise Unreadable(FileProblem(reason.word)) from None


class _Sheet:
    """A sheet as far as it is cut."""

    def __init__(self, name: str):
        self.name, self.sample = name, []
        self._lines = self._width = self._pieces = self._first_piece = 0

    def take(self, piece: Piece, place: int) -> None:
        """Count a piece of it in."""
        if not self._pieces:
            self._first_piece = place
            self.sample = json.loads(piece.packed)[:KEPT]
        self._pieces += 1
        self._lines += piece.lines
        self._width = max(self._width, piece.width)

    def outlined(self) -> Sheet:
        """What is known of it at its end."""
        above = layout.find_header(self.sample[:HEADERS_WITHIN]) if self.sample else None
        number, header = (None, ()) if above is None else self.sample[above]
        return Sheet(self.name, self._lines, self._width, number, tuple(header), self._first_piece, self._pieces)


def cut(open_bytes: Parts, name: str) -> Cutting:
    """Make ready to cut a file whose bytes can be opened several times; nothing is read yet. No name: it was pasted."""
    return Cutting(open_bytes, name)
