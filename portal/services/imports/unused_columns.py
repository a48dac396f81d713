"""What of a file is not read, so that no yes or no is passed over without a word: columns, sheets, hidden lines."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from portal.core.iys_protocol import Status
from portal.core.models import ImportBatch
from portal.core.vault import Vault
from portal.services.imports.layout import Field, Layout
from portal.services.imports.layout.cell_words import Meanings
from portal.services.imports.layout.consent_names import refusal_named
from portal.services.imports.layout.headers import OURS
from portal.services.imports.layout.normalization import folded, name_of, says_nothing
from portal.services.imports.reading import Line, Sheet
from portal.services.imports.store import header_of, layout_of, outline_of

LONGEST_STATUS = 40  # Characters; longer cells hold text.
UNREAD = (Field.NAME, Field.ORIGIN, Field.CONTACT)  # Whose words are kept and mean no status.
NUMBERS = ("f", "t")  # Of forms and tablets; nobody writes a consent's "false" there.
OTHER_LETTERS = ("cinsiyet", "gender", "sex")  # E is a man there.

Counts = dict[str, list[int]]  # By the column's place, as JSON keys are: filled cells, and those with a status.


@dataclass(frozen=True)
class UnusedColumn:
    """A column with values that is not read; `statuses` of its `filled` cells say yes or no."""

    place: int  # From 0.
    header: str
    filled: int
    statuses: int

    @property
    def letter(self) -> str:
        return column_letter(self.place)

    @property
    def holds_statuses(self) -> bool:
        """Whether it may hold refusals: most of its cells say yes or no, or its name refuses ("Ret tarihi")."""
        if refusal_named(self.header) is not None:
            return True
        return self.statuses * 2 >= self.filled and not set(name_of(self.header).split()) & set(OTHER_LETTERS)


@dataclass(frozen=True)
class Unread:
    """What of a batch's file is not read, and how many of the lines that are read its author does not see."""

    columns: Sequence[UnusedColumn] = ()
    sheets: Sequence[Sheet] = ()
    hidden_lines: int = 0

    @property
    def holds_statuses(self) -> bool:
        return any(each.holds_statuses for each in self.columns)

    @property
    def may_refuse(self) -> bool:
        """Whether refusals may stand in what is not read, so that no grant can be trusted that is."""
        return self.holds_statuses or bool(self.sheets)

    def __bool__(self) -> bool:
        return bool(self.columns or self.sheets or self.hidden_lines)


class CellCounter:
    """Counts the filled cells of the columns that a layout does not read."""

    def __init__(self, layout: Layout):
        self._read = {place for field, place in layout.columns.items() if field not in UNREAD}
        self._kept = set(layout.columns.values())  # Read or not.
        self._meanings = Meanings(layout.words)
        self._filled: Counter[int] = Counter()
        self._statuses: Counter[int] = Counter()

    def add(self, lines: Iterable[Line]) -> None:
        """Count lines of data."""
        rows = [cells for _, cells in lines]
        for place in range(max(map(len, rows), default=0)):
            if place not in self._read:
                self._count(place, Counter(cells[place] for cells in rows if place < len(cells)))

    def counts(self) -> Counts:
        """What was counted, to be stored."""
        return {str(place): [filled, self._statuses[place]] for place, filled in sorted(self._filled.items())}

    def _count(self, place: int, cells: Mapping[str, int]) -> None:
        for cell, count in cells.items():
            if cell and (len(cell) > LONGEST_STATUS or not says_nothing(cell)):
                self._filled[place] += count
                is_number = place in self._kept and folded(cell) in NUMBERS
                if len(cell) <= LONGEST_STATUS and not is_number and isinstance(self._meanings.status(cell), Status):
                    self._statuses[place] += count


def column_letter(place: int) -> str:
    """A column's name in a spreadsheet: A, B, … Z, AA, … ZZ."""
    first, last = divmod(place, len(ascii_uppercase))
    return (ascii_uppercase[first - 1] if first else "") + ascii_uppercase[last]


def unread_of(vault: Vault, batch: ImportBatch) -> Unread:
    """What a batch does not read, its columns once the dry run has counted them. Raises CannotOpen."""
    if batch.outline is None or batch.layout is None:
        return Unread()
    layout, outline = layout_of(vault, batch), outline_of(vault, batch)
    return Unread(
        unused_columns(batch.unused_columns or {}, layout, header_of(outline, layout)),
        [each for place, each in enumerate(outline.sheets) if each.lines and place not in layout.sheets],
        sum(outline.sheets[place].hidden_lines for place in layout.sheets),
    )


def unused_columns(counts: Counts, layout: Layout, header: Sequence[str]) -> list[UnusedColumn]:
    """The columns counted, those of yes and no first; a name or a proof that is read as such only if it holds those."""
    places = {place for field, place in layout.columns.items() if field in UNREAD}
    named = [
        UnusedColumn(int(place), header[int(place)] if int(place) < len(header) else "", filled, statuses)
        for place, (filled, statuses) in counts.items()
    ]
    found = [each for each in named if folded(each.header) not in OURS]
    found = [each for each in found if each.place not in places or each.statuses * 2 >= each.filled]
    return sorted(found, key=lambda each: (not each.holds_statuses, each.place))
