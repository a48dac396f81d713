"""Lines gathered into pieces of a bounded size, as JSON that a database, a page and a worker's memory can bear."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LINES = 1000  # In one piece, written in one transaction.
CHARACTERS = 1_000_000  # In one piece of long lines.
MOST_LINES = 1_048_576  # Of a file: as many as Excel has in a sheet.
MOST_COLUMNS = 500
LONGEST_LINE = 65_536  # Characters.

# Nobody types them; they would break a page, and some databases.
_CONTROLS = dict.fromkeys([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])

Line = tuple[int, list[str]]


class NotCut(Exception):
    """These lines are not cut, for a reason that is a word of FileProblem."""

    def __init__(self, word: str):
        super().__init__(word)
        self.word = word


@dataclass(frozen=True, slots=True)
class Piece:
    """Up to a thousand lines; `width` is the number of columns of its widest one."""

    first_line: int
    lines: int
    width: int
    packed: bytes


def pieces(lines: Iterable[Line]) -> Iterator[Piece]:
    """Lines that hold anything, gathered; empty cells at a line's end are left away. Raises NotCut."""
    gathered, characters = [], 0
    for number, cells in lines:
        while cells and not cells[-1]:
            cells.pop()
        length = sum(map(len, cells))
        if length > LONGEST_LINE:
            raise NotCut("file_line_too_long")
        if len(cells) > MOST_COLUMNS:
            raise NotCut("file_too_many_columns")
        gathered.append((number, cells))
        characters += length
        if len(gathered) == LINES or characters > CHARACTERS:
            yield _piece(gathered)
            gathered, characters = [], 0
    if gathered:
        yield _piece(gathered)


def _piece(lines: list[Line]) -> Piece:
    width = max(len(cells) for _, cells in lines)
    return Piece(lines[0][0], len(lines), width, _pack(lines))


def _pack(lines: list[Line]) -> bytes:
    text = json.dumps(lines, ensure_ascii=False, separators=(",", ":"))
    if "\\" in text or "\x7f" in text:  # Controls are written with one; so are newlines and quotes, which stay.
        lines = [(number, [cell.translate(_CONTROLS) for cell in cells]) for number, cells in lines]
        text = json.dumps(lines, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="replace")  # Half of a pair, as broken programs leave it, is no letter.
