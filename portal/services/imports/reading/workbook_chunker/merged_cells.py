"""Merged cells of a sheet: a file has the value in the first of them only, a person reads it in all."""

from collections.abc import Iterable, Iterator

from .chunks import Line

Range = tuple[tuple[int, int], tuple[int, int]]  # Row and column of the first cell and of the last, from 0.


def fill_merged(lines: Iterable[Line], ranges: Iterable[Range], first_column: int) -> Iterator[Line]:
    """The same lines, each empty cell of a range with what its first one says; `first_column` is that of the cells."""
    waiting, covering = sorted(ranges, reverse=True), list[tuple[Range, str]]()
    for number, cells in lines:
        covering = [each for each in covering if each[0][1][0] >= number - 1]
        while waiting and waiting[-1][0][0] < number:
            (row, column), last = waiting.pop()
            value = (
                cells[column - first_column] if row == number - 1 and 0 <= column - first_column < len(cells) else ""
            )
            if value:
                covering.append((((row, column), last), value))
        for ((_, column), (_, last_column)), value in covering:
            for place in range(column - first_column, min(last_column - first_column + 1, len(cells))):
                cells[place] = cells[place] or value
        yield number, cells
