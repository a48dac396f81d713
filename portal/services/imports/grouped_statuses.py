"""Blanks below or beside a no in columns of statuses: perhaps only the first line of a group says what holds for all of
it, as in a pivot table, or one cell for several channels, as where merged cells became a CSV."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from portal.core.iys_protocol import Status
from portal.services.imports.address_cells import is_none
from portal.services.imports.layout import Field
from portal.services.imports.reading import Line
from portal.services.imports.reading.column_words import CODED, SEVERAL
from portal.services.imports.row_values import BLANK_BELOW, BLANK_BESIDE, STATUSES, RowValueReader, without_blank

LONGEST_SHOWN = 40
_MARKS = ""  # In place of a text.


class GroupedStatuses:
    """Fills them in the lines of one sheet, in their order; lines up to `header_line` are no data.

    A column in which nothing stands in or above the first line with an address is a list of marks, where a blank says
    nothing below one; unless it has different words. `words` are those of all pages of the table (ColumnWords). Where
    several columns of channels are filled, one that never is goes unused, and its blanks beside a no say nothing.
    """

    def __init__(self, values: RowValueReader, addresses: Collection[int], words: Sequence[int], header_line: int = 0):
        self._values, self._addresses, self._header_line = values, addresses, header_line
        # Where the file's own status is a refusal, a blank says so.
        unread = {Field.STATUS} if values.layout.status == Status.REFUSED else set()
        statuses = {place: field for field, place in values.columns.items() if field in {*STATUSES} - unread}
        self._columns = {place: field for place, field in statuses.items() if place not in addresses}
        filled = {place for place, word in enumerate(words) if word}
        self._varied = {place for place in filled if words[place] in (SEVERAL, CODED)}
        of_channels = {place for place, field in self._columns.items() if field != Field.STATUS}
        self._unused = of_channels - filled if len(of_channels & filled) > 1 else set()
        self._above: dict[int, str] = {}  # By column: the nearest text so far, or _MARKS.

    def fill(self, lines: Iterable[Line]) -> Iterator[Line]:
        """The same lines."""
        for number, cells in lines:
            yield (number, self._filled(cells)) if number > self._header_line else (number, cells)

    def go_on(self, other: "GroupedStatuses") -> None:
        """Begin below those of the page before: a group may go on over pages."""
        self._above |= {place: text for place, text in other._above.items() if text and place in self._columns}

    def begin_below(self, first: Sequence[Line], others: Iterable[Sequence[Line]]) -> None:
        """Go on below lines that were read before: the first ones of the sheet, and others from the last ones up."""
        for _ in self.fill(first):
            pass
        missing = {place for place in self._columns if self._above.get(place) != _MARKS}
        for lines in others if missing else ():
            for _, cells in reversed(lines):
                found = {place: text for place in missing if (text := self._said(cells, place))}
                self._above |= found
                missing -= found.keys()
            if not missing:
                return

    def _filled(self, cells: list[str]) -> list[str]:
        texts = {place: self._said(cells, place) for place in self._columns}
        self._above |= {place: text for place, text in texts.items() if text and self._above.get(place) != _MARKS}
        if all(texts.values()):
            return cells
        addresses = [each for column in self._addresses if not is_none(each := _text(cells, column))]
        found = self._served(self._below(texts), addresses) if addresses else {}
        found |= self._served(self._beside(texts | found), addresses)
        if not found:
            return cells
        padded = [*cells, *[""] * (max(found) + 1 - len(cells))]
        return [found.get(place, cell) for place, cell in enumerate(padded)]

    def _said(self, cells: Sequence[str], place: int) -> str:
        """What stands in a column of statuses; merged cells that a program wrote have its word for none ("nan")."""
        text = _text(cells, place)
        return "" if self._values.is_empty(text) else text

    def _served(self, found: Mapping[int, str], addresses: Sequence[str]) -> dict[int, str]:
        """Those that are about any of these addresses."""
        kinds = {Field.STATUS: (True, False), Field.STATUS_EMAIL: (True,)}
        of_mail = {"@" in each for each in addresses}
        return {place: word for place, word in found.items()
                if not of_mail.isdisjoint(kinds.get(self._columns[place], (False,)))}  # fmt: skip

    def _below(self, texts: Mapping[int, str]) -> dict[int, str]:
        """By column, in place of its blank."""
        found = dict[int, str]()
        for place in (place for place, text in texts.items() if not text):
            above = self._above.get(place)
            if above and self._values.may_refuse(self._columns[place], above):
                found[place] = BLANK_BELOW.format(_shown(above))
            elif above is None and place not in self._varied:
                self._above[place] = _MARKS
        return found

    def _beside(self, texts: Mapping[int, str]) -> dict[int, str]:
        """By column, in place of its blank: next to a channel's no, or to what may be one, and to such a blank."""
        found = dict[int, str]()
        for step in (1, -1):
            refused = dict[int, str]()
            for place in sorted(texts)[::step]:
                field, text = self._columns[place], texts[place]
                beside = refused.get(place - step)
                if text and field != Field.STATUS and self._values.may_refuse(field, text):
                    refused[place] = text
                elif beside and not text:
                    refused[place] = beside
                    # Cells are merged into the first one: one of the line is none of a channel to its right.
                    is_meant = place not in self._unused and (step == 1 or field != Field.STATUS)
                    found |= {place: BLANK_BESIDE.format(_shown(beside))} if is_meant else {}
        return found


def _shown(text: str) -> str:
    return without_blank(" ".join(text.split()))[:LONGEST_SHOWN]


def _text(cells: Sequence[str], place: int) -> str:
    return cells[place].strip() if place < len(cells) else ""
