"""Lines of a sheet with what it says beside their cells."""

from collections.abc import Iterable, Iterator

from .chunks import Line
from .marks import Notes

LONGEST = 10_000  # Characters of a line's notes.


def with_notes(lines: Iterable[Line], notes: Notes) -> Iterator[Line]:
    """The same lines; one with notes has a cell more, beside all columns. In `notes` those of other lines are left."""
    for number, cells in lines:
        if number in notes:
            cells.append("\n".join(dict.fromkeys(notes.pop(number)))[:LONGEST])
        yield number, cells


class HiddenLines:
    """Counts the hidden ones of a sheet's lines as they pass."""

    def __init__(self, rows: set[int]):
        self._rows, self.total = rows, 0

    def count(self, lines: Iterator[Line]) -> Iterator[Line]:
        """The same lines."""
        for number, cells in lines:
            self.total += number in self._rows
            yield number, cells
