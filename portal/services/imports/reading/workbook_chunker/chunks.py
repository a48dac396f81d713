"""Lines gathered into chunks of bounded size, as JSON: small enough for a row, a page and a worker's memory.

From chunker to portal they travel in frames of one letter, a length, and a body.
"""

import json
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

LINES = 1000  # In one chunk, written in one transaction.
CHARACTERS = 1_000_000  # In one chunk of long lines.
MOST_LINES = 1_048_576  # Of a file: as many as Excel has in a sheet.
MOST_COLUMNS = 500
LONGEST_LINE = 65_536  # Characters.

HEAD = struct.Struct(">cI")  # Of a frame.
CHUNK_HEADER = struct.Struct(">IIII")  # Sheet, first line, lines, width; the packed lines follow.
HIDDEN_HEADER = struct.Struct(">?I")  # Whether the sheet is, and how many of its lines are hidden or filtered away.
LARGEST_FRAME = 64 * 1024 * 1024  # Bytes; a longer frame is not ours.

# Control characters, which would break a page and some databases.
_CONTROLS = dict.fromkeys([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])

Line = tuple[int, list[str]]  # Its number as an editor counts, from 1, and its cells as text.


class CannotChunk(Exception):
    """The file is refused; `problem` is the value of a FileProblem, which this program does not import."""

    def __init__(self, problem: str):
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Chunk:
    """Up to a thousand lines; `width` is the number of columns of the widest."""

    first_line: int
    lines: int
    width: int
    packed: bytes


def chunk_lines(lines: Iterable[Line]) -> Iterator[Chunk]:
    """Gather lines into chunks, without the empty cells at a line's end. Raises CannotChunk."""
    gathered: list[Line] = []
    characters = 0
    for number, cells in lines:
        while cells and not cells[-1]:
            cells.pop()
        length = sum(map(len, cells))
        if length > LONGEST_LINE:
            raise CannotChunk("file_line_too_long")
        if len(cells) > MOST_COLUMNS:
            raise CannotChunk("file_too_many_columns")
        gathered.append((number, cells))
        characters += length
        if len(gathered) == LINES or characters > CHARACTERS:
            yield _pack(gathered)
            gathered, characters = [], 0
    if gathered:
        yield _pack(gathered)


def _pack(lines: list[Line]) -> Chunk:
    text = json.dumps(lines, ensure_ascii=False, separators=(",", ":"))
    # JSON escapes controls with a backslash, and also the newlines and quotes we keep.
    if "\\" in text or "\x7f" in text:
        cleaned = [(number, [cell.translate(_CONTROLS) for cell in cells]) for number, cells in lines]
        text = json.dumps(cleaned, ensure_ascii=False, separators=(",", ":"))
    packed = text.encode(errors="replace")  # A lone surrogate, as broken programs leave it, is no letter.
    return Chunk(lines[0][0], len(lines), max(len(cells) for _, cells in lines), packed)


class FrameKind(StrEnum):
    """What a frame's body holds."""

    FORMAT = "F"  # "xlsx", "xlsb", "xls" or "ods"
    SHEET = "S"  # The name of the sheet that the following chunks belong to.
    CHUNK = "P"
    HIDDEN = "H"  # HIDDEN_HEADER: of the sheet that ended. None comes where nothing is hidden.
    LOOKS = "L"  # JSON of SheetLooks, of the sheet that ended.
    PROBLEM = "X"  # The value of a FileProblem; the last frame.
    END = "E"  # The file is complete.


def frame(kind: FrameKind, body: bytes = b"") -> bytes:
    return HEAD.pack(kind.encode(), len(body)) + body
