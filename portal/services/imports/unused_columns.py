"""What of a file is not read, or not understood, so that no yes or no is passed over without a word."""

import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from portal.core.addresses import Address
from portal.core.iys_protocol import Status
from portal.services.imports.address_cells import is_like_address, is_none, like_kinds
from portal.services.imports.brand_columns import brand_columns, is_another_brands
from portal.services.imports.brand_names import NO_BRANDS, BrandNames
from portal.services.imports.group_labels import GroupLabels
from portal.services.imports.layout import Field, Layout
from portal.services.imports.layout.cell_words import CONTACTS, Meanings
from portal.services.imports.layout.headers import announced, our_columns
from portal.services.imports.layout.layout import ADDRESSES, RETAILERS, STATUS_FIELDS
from portal.services.imports.layout.normalization import (
    address_or_problem,
    folded,
    is_sign,
    retailer_codes,
    says_nothing,
    spelled,
)
from portal.services.imports.layout.plain_words import (
    contents_of,
    is_clock,
    is_code,
    is_date,
    is_day,
    is_plain,
    is_plain_cell,
    is_proof,
    is_text,
)
from portal.services.imports.layout.refusals import address_refuses, choices, may_refuse, refuses, refuses_in_name
from portal.services.imports.reading import Line
from portal.services.imports.refusals_beside import hides_person
from portal.services.imports.row_results import is_ours
from portal.services.imports.row_values import RowValueReader

LONGEST_STATUS = 40  # Characters; longer cells hold text.
LONGEST_ADDRESS, FEWEST_DIGITS = 80, 10
UNREAD = (Field.NAME, Field.ORIGIN, Field.CONTACT, Field.TIME)  # Whose words mean no status, or are not looked at.
NUMBERS = ("f", "t")  # Of forms and tablets; nobody writes a consent's "false" there.
FEWEST_INITIALS = 4  # In a column that abbreviates surnames: "Hatice Nur H." is no "hayır" there.
_INITIAL = re.compile(r" [^\W\d_a-zçğıöşü]\.$")
OF_NUMBERS = "0123456789 .,:/%₺+-"
MOST_PEOPLE = 1 << 22
MOST_TEXTS = 20  # Lines of a kind that are named, of each sheet.
TEXTS = "lines"  # Before a sheet's place: the key of its lines of text,
LOST = "addresses"  # of those with an address that may hide a refusal,
OLDER = "older"  # and of refusals that are older than a grant.

# By the column's place, as JSON keys are: the numbers of UnusedColumn. By one of these and a sheet's place: how many
# such lines it has among those of data, and the numbers of the first.
Counts = dict[str, list[int]]


@dataclass(frozen=True)
class UnusedColumn:
    """A column with values that is not read, and how many of its `filled` cells say yes or no, refuse in their own
    words, are dates or addresses, and are not what a harmless column of this name holds (`strange`)."""

    place: int  # From 0.
    header: str
    filled: int
    statuses: int = 0
    refusals: int = 0
    dates: int = 0
    addresses: int = 0
    strange: int = 0

    @property
    def letter(self) -> str:
        return column_letter(self.place)

    @property
    def may_refuse(self) -> bool:
        """Whether nobody knows what it holds: it may be refusals, or addresses that a refusal does not reach."""
        return self.strange > 0

    @property
    def holds_addresses(self) -> bool:
        return self.addresses > 0 and self.addresses * 2 >= self.filled


class CellCounter:
    """Counts the filled cells of the columns that a layout does not read, and finds lines of text among those of data.

    `addresses` and `read` are further columns that are read, and `unread` are fields that are not.
    """

    def __init__(
        self, layout: Layout, header: Sequence[str], addresses: Iterable[int] = (), read: Iterable[int] = (),
        unread: Sequence[Field] = (), brands: BrandNames = NO_BRANDS,
    ):  # fmt: skip
        kept = {place: field for field, place in layout.columns.items() if field in (*UNREAD, *unread)}
        self._read = {*layout.columns.values()} - kept.keys() | {*addresses, *read}
        self._kept = {place: field for place, field in kept.items() if place not in self._read}
        self._addresses = {layout.columns[each] for each in ADDRESSES if each in layout.columns} | {*addresses}
        self._meanings, self._header, self._ours = Meanings(layout.words), header, our_columns(header)
        self._labels = GroupLabels(self._meanings, self._addresses)
        self._known, self._brands = self._readers(layout), brand_columns(header, brands)
        self._statuses = {layout.columns.get(each) for each in (Field.STATUS, *STATUS_FIELDS.values())}
        self._contents: dict[int, Callable[[str], bool] | None] = {}  # By place, of columns that are not read.
        self._counts: dict[int, Counter[int]] = {}  # By place: the numbers of UnusedColumn, in their order.
        self._lines: Counts = {}  # By TEXTS, LOST or OLDER and the sheet.
        places = range(len(header))
        self._names = [each for each in places if Field.NAME in (announced(header[each]) or ())]
        self._codes = [each for each in places if contents_of(header[each]) is is_code]
        self._codes = [each for each in self._codes if each not in layout.columns.values()]
        self._people = bytearray(MOST_PEOPLE)
        self._without_address = array("q")  # In threes, 24 bytes: whom a line names, its number, its sheet.
        self._values, self._width = RowValueReader(layout, header), max(layout.columns.values(), default=-1) + 1

    def add(self, lines: Iterable[Line], sheet: int = 0) -> None:
        """Count lines of data."""
        found = [(number, self._without_other_brands(cells)) for number, cells in lines]
        rows = [cells for _, cells in found]
        for place in range(max(map(len, rows), default=0)):
            if place not in self._read:
                self._count(place, Counter(cells[place] for cells in rows if place < len(cells)))
        for number, cells in found:
            kind = TEXTS if self._is_text(cells) else LOST if self._hides_refusal(number, cells, sheet) else None
            if kind:
                self.add_line(kind, number, sheet)
            else:
                self._labels.add(number, cells, sheet)

    def _without_other_brands(self, cells: Sequence[str]) -> Sequence[str]:
        """A line without the names by which it is another brand's: it is a problem, so these need no look."""
        if not is_another_brands(self._brands, cells):
            return cells
        named = {
            place for place, each in self._brands.items() if place < len(cells) and each.names_others(cells[place])
        }
        return ["" if place in named - self._read else cell for place, cell in enumerate(cells)]

    def add_line(self, kind: str, number: int, sheet: int) -> None:
        """Count a line as TEXTS, LOST or OLDER, and name it if it is among the first."""
        found = self._lines.setdefault(f"{kind} {sheet}", [0])
        found[0] += 1
        if len(found) <= MOST_TEXTS:
            found.append(number)

    def counts(self) -> Counts:
        """What was counted, to be stored."""
        counted = None
        for person, *line in zip(*[iter(self._without_address)] * 3, strict=True):
            if self._people[person] and line != counted:  # It may name several.
                self.add_line(LOST, *line)
                counted = line
        self._without_address = array("q")
        for number, sheet in self._labels.take():
            self.add_line(TEXTS, number, sheet)
        columns = {str(place): [found[each] for each in range(6)] for place, found in sorted(self._counts.items())}
        return columns | self._lines

    def _count(self, place: int, cells: Mapping[str, int]) -> None:
        kept, contents = self._kept.get(place), self._contents_of(place)
        initials = {cell[-3:] for cell in cells if _INITIAL.search(cell)}
        for whole, count in cells.items():
            if place in self._ours and is_ours(whole):
                continue
            cell = _INITIAL.sub("", whole) if len(initials) >= FEWEST_INITIALS else whole
            if len(cell) > LONGEST_STATUS or not is_empty(cell, is_understood=contents is not None):
                found = self._counts.setdefault(place, Counter())
                refusing = (refuses_in_name if kept == Field.NAME else refuses)(cell)
                for number, is_so in enumerate((
                    True,
                    self._is_status(cell, is_kept=kept is not None),
                    refusing,
                    kept is None and is_date(cell),
                    kept is None and _is_address(cell),
                    refusing or contents is None or not contents(cell),
                )):  # fmt: skip
                    found[number] += is_so * count

    def _contents_of(self, place: int) -> Callable[[str], bool] | None:
        """Whether a cell is what its column holds by its name; None where nobody knows what that is."""
        if place not in self._contents:
            name = self._header[place] if place < len(self._header) else ""
            contents = _CONTENTS.get(self._kept.get(place)) or self._known.get(place) or contents_of(name)
            if column := self._brands.get(place):
                contents = column.contents(contents)
            self._contents[place] = contents
        return self._contents[place]

    def _is_text(self, cells: Sequence[str]) -> bool:
        """Whether a line holds no address, and may be a heading of others: it is neither empty nor a total, nor has a
        status that is understood and most of its cells."""
        of_address = [cells[place] for place in self._addresses if place < len(cells)]
        if any(map(is_like_address, of_address)):
            return False
        filled = {place: cell for place, cell in enumerate(cells) if not is_empty(cell)}
        filled = {each: cell for each, cell in filled.items() if each not in self._addresses or spelled(cell) != "yok"}
        if all(is_plain(cell) or not cell.strip(OF_NUMBERS) for cell in filled.values()):
            return False
        is_understood = all(self._is_known(*each) for each in filled.items())
        has_status = any(place in self._statuses for place in filled)
        return not (is_understood and has_status and 2 * len(filled) > len(self._header or cells))

    def _hides_refusal(self, number: int, cells: Sequence[str], sheet: int) -> bool:
        """Whether an e-mail address has a word of refusing, an unreadable one a sign beside it, or a line refuses, or
        may, and none of its addresses can be read, or one that is refused cannot, so that it is lost beside a grant of
        the same person. A line without any is remembered: it may be of somebody whom other lines name."""
        found = [cell for place in self._addresses if place < len(cells) and not is_none(cell := cells[place])]
        if any(("@" in cell and address_refuses(cell)) or hides_person(cell) for cell in found):
            return True
        values = self._values.read([*cells, *[""] * (self._width - len(cells))])
        is_like, people = any(map(is_like_address, found)), self._people_of(cells)
        if not values.refuses:
            for each in people if is_like else ():
                self._people[each] = 1
        elif is_like:
            bad = [each for each in found if not isinstance(address_or_problem(each), Address)]
            return len(bad) == len(found) or any(values.may_refuse(*like_kinds(each)) for each in bad)
        elif not found:
            for each in people:
                self._without_address.extend((each, number, sheet))
        return not people and not found and Status.REFUSED in values.statuses.values()

    def _people_of(self, cells: Sequence[str]) -> list[int]:
        """Whom a line names, by their whole name and by each number: places in a table of fixed size, where few of a
        million meet others. Without a name, where others have one, it is anybody's."""
        name = folded(" ".join(cells[place] for place in self._names if place < len(cells)))
        codes = (cells[place].strip() for place in self._codes if place < len(cells))
        return [hash(each) % MOST_PEOPLE for each in (name, *codes) if each] if name or not self._names else []

    def _is_known(self, place: int, cell: str) -> bool:
        contents = self._known.get(place) or self._contents_of(place)
        return contents is not None and contents(cell)

    def _readers(self, layout: Layout) -> dict[int, Callable[[str], bool]]:
        """By column that is read: whether a cell of it is understood."""
        meanings = self._meanings
        readers: dict[Field, Callable[[str], bool]] = dict.fromkeys(
            (Field.STATUS, *STATUS_FIELDS.values()), lambda cell: bool(meanings.status(cell))
        ) | {
            Field.CHANNEL: lambda cell: bool(meanings.channels(cell)),
            Field.TYPE: lambda cell: bool(meanings.recipient_type(cell)),
            Field.SOURCE: lambda cell: bool(meanings.source(cell)) or is_text(cell) or is_proof(cell),
            Field.DATE: is_day,
            **dict.fromkeys(RETAILERS, lambda cell: retailer_codes(cell) is not None),
        }
        others = dict.fromkeys(self._read, lambda _: False)
        return others | {layout.columns[field]: each for field, each in readers.items() if field in layout.columns}

    def _is_status(self, cell: str, *, is_kept: bool) -> bool:
        if len(cell) <= LONGEST_ADDRESS and choices(cell):
            return True
        if len(cell) > LONGEST_STATUS or (is_kept and folded(cell) in NUMBERS):
            return False
        return isinstance(self._meanings.status(cell), Status)


# Of columns that are kept as they stand, or not read on each line, whatever their names.
_CONTENTS: dict[Field | None, Callable[[str], bool]] = {
    Field.NAME: lambda cell: is_text(cell) or is_plain_cell(cell),  # "Hazırlayan: …"
    Field.ORIGIN: is_proof,
    Field.CONTACT: lambda cell: spelled(cell) in CONTACTS or is_plain_cell(cell),
    Field.TIME: is_clock,
}


def is_empty(cell: str, *, is_understood: bool = True) -> bool:
    """Whether a cell says nothing; of a column that nobody understands a dash or "kayıt yok" may say no."""
    return says_nothing(cell) and (is_understood or not (may_refuse(cell) or is_sign(folded(cell))))


def _is_address(cell: str) -> bool:
    if len(cell) > LONGEST_ADDRESS or ("@" not in cell and sum(map(str.isdigit, cell)) < FEWEST_DIGITS):
        return False
    return isinstance(address_or_problem(cell), Address)


def column_letter(place: int) -> str:
    """A column's name in a spreadsheet: A, B, … Z, AA, … ZZ."""
    first, last = divmod(place, len(ascii_uppercase))
    return (ascii_uppercase[first - 1] if first else "") + ascii_uppercase[last]


def unused_columns(counts: Counts, layout: Layout, header: Sequence[str]) -> list[UnusedColumn]:
    """The columns counted, those that may refuse first; a name or a proof that is read as such only if it does."""
    places = {place for field, place in layout.columns.items() if field in UNREAD}
    columns = {int(place): numbers for place, numbers in counts.items() if place.isdigit()}
    named = []
    for place, numbers in columns.items():
        padded = [*numbers[:5], *[0] * (5 - len(numbers)), numbers[5] if len(numbers) > 5 else numbers[0]]
        named.append(UnusedColumn(place, header[place] if place < len(header) else "", *padded))
    found = [each for each in named if each.place not in places or each.strange or each.statuses * 2 >= each.filled]
    return sorted(found, key=lambda each: (not each.may_refuse, each.place))
