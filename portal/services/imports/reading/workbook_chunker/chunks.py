"""Lines gathered into chunks of bounded size, as JSON: small enough for a row, a page and a worker's memory."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LINES = 1000  # In one chunk, written in one transaction.
CHARACTERS = 1_000_000  # In one chunk of long lines.
MOST_LINES = 1_048_576  # Of a file: as many as Excel has in a sheet.
MOST_COLUMNS = 500
LONGEST_LINE = 65_536  # Characters.

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
            yield _chunk(gathered)
            gathered, characters = [], 0
    if gathered:
        yield _chunk(gathered)


def _chunk(lines: list[Line]) -> Chunk:
    width = max(len(cells) for _, cells in lines)
    return Chunk(lines[0][0], len(lines), width, _pack(lines))


def _pack(lines: list[Line]) -> bytes:
    text = json.dumps(lines, ensure_ascii=False, separators=(",", ":"))
    if (
        "\\" in text or "\x7f" in text
    ):  # JSON escapes controls with a backslash, and also the newlines and quotes we keep.
        lines = [(number, [cell.translate(_CONTROLS) for cell in cells]) for number, cells in lines]
        text = json.dumps(lines, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="replace")  # A lone surrogate, as broken programs leave it, is no letter.
