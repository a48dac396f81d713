"""Merged cells of a sheet: a person reads what the first of them says, and nothing that a file holds beneath."""

from collections.abc import Iterable, Iterator

from .chunks import Line
from .marks import BENEATH, Notes, Range


def fill_merged(lines: Iterable[Line], ranges: Iterable[Range], first_column: int, notes: Notes) -> Iterator[Line]:
    """The same lines, each cell of a range with what its first one says; another text beneath becomes a note of the
    line. `first_column` is that of the cells."""
    waiting, covering = sorted(map(_in_order, ranges), reverse=True), list[tuple[int, int, int, str]]()
    for number, cells in lines:
        covering = [each for each in covering if each[0] >= number - 1]
        while waiting and waiting[-1][0][0] < number:
            (row, first), (last_row, last) = waiting.pop()
            place = first - first_column
            value = cells[place] if row == number - 1 and 0 <= place < len(cells) else ""
            covering.append((last_row, max(place, 0), last - first_column, value))
        for _, first, last, value in covering:
            for place in range(first, min(last + 1, len(cells))):
                if cells[place] not in ("", value):
                    notes[number].append(BENEATH + cells[place])
                cells[place] = value
        yield number, cells


def _in_order(corners: Range) -> Range:
    (row, column), (other_row, other_column) = corners
    return (min(row, other_row), min(column, other_column)), (max(row, other_row), max(column, other_column))
