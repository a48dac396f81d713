"""Blanks below a no in a column of statuses: perhaps only the first line of a group says what holds for all of it, as
in a pivot table, or where merged cells became a CSV."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from portal.core.iys_protocol import Status
from portal.services.imports.layout import Field
from portal.services.imports.reading import Line
from portal.services.imports.row_values import STATUSES, RowValueReader
from portal.services.imports.unused_columns import is_none

BLANK_BELOW = "{} altındaki boş hücre"  # Written into them: a word that nobody knows until a person explains it.
LONGEST_SHOWN = 40
_MARKS = ""  # In place of a text.


class GroupedStatuses:
    """Fills them in the lines of one sheet, in their order; lines up to `header_line` are no data.

    A column in which nothing stands in or above the first line with an address is a list of marks, where a blank says
    nothing.
    """

    def __init__(self, values: RowValueReader, addresses: Collection[int], header_line: int = 0):
        self._values, self._addresses, self._header_line = values, addresses, header_line
        # Where the file's own status is a refusal, a blank says so.
        unread = {Field.STATUS} if values.layout.status == Status.REFUSED else set()
        statuses = {place: field for field, place in values.columns.items() if field in {*STATUSES} - unread}
        self._columns = {place: field for place, field in statuses.items() if place not in addresses}
        self._above: dict[int, str] = {}  # By column: the nearest text so far, or _MARKS.

    def fill(self, lines: Iterable[Line]) -> Iterator[Line]:
        """The same lines."""
        for number, cells in lines:
            yield (number, self._filled(cells)) if number > self._header_line else (number, cells)

    def begin_below(self, first: Sequence[Line], others: Iterable[Sequence[Line]]) -> None:
        """Go on below lines that were read before: the first ones of the sheet, and others from the last ones up."""
        for _ in self.fill(first):
            pass
        missing = {place for place in self._columns if self._above.get(place) != _MARKS}
        for lines in others if missing else ():
            for _, cells in reversed(lines):
                found = {place: text for place in missing if (text := _text(cells, place))}
                self._above |= found
                missing -= found.keys()
            if not missing:
                return

    def _filled(self, cells: list[str]) -> list[str]:
        doubtful = {}
        for place, field in self._columns.items():
            above, text = self._above.get(place), _text(cells, place)
            if above == _MARKS:
                continue
            if text:
                self._above[place] = text
            elif addresses := [each for column in self._addresses if not is_none(each := _text(cells, column))]:
                self._above[place] = above or _MARKS
                if above and _serves(field, addresses) and self._values.may_refuse(field, above):
                    doubtful[place] = BLANK_BELOW.format(" ".join(above.split())[:LONGEST_SHOWN])
        if not doubtful:
            return cells
        padded = [*cells, *[""] * (max(doubtful) + 1 - len(cells))]
        return [doubtful.get(place, cell) for place, cell in enumerate(padded)]


def _text(cells: Sequence[str], place: int) -> str:
    return cells[place].strip() if place < len(cells) else ""


def _serves(field: Field, addresses: Sequence[str]) -> bool:
    """Whether a status is about any of these addresses."""
    kinds = {Field.STATUS: (True, False), Field.STATUS_EMAIL: (True,)}.get(field, (False,))
    return any(("@" in each) in kinds for each in addresses)
