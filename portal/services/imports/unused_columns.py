"""What of a file is not read, so that no yes or no is passed over without a word: columns, sheets, hidden lines."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from portal.core.addresses import Address
from portal.core.iys_protocol import Status
from portal.core.models import ImportBatch
from portal.core.vault import Vault
from portal.services.imports.layout import Field, Layout, dates
from portal.services.imports.layout.cell_words import Meanings
from portal.services.imports.layout.consent_names import refusal_named
from portal.services.imports.layout.headers import OURS
from portal.services.imports.layout.normalization import address_or_problem, folded, name_of, says_nothing
from portal.services.imports.layout.refusing_text import choices, refuses, refuses_beside
from portal.services.imports.reading import Line, Sheet
from portal.services.imports.store import header_of, layout_of, outline_of

LONGEST_STATUS = 40  # Characters; longer cells hold text.
LONGEST_ADDRESS, FEWEST_DIGITS = 80, 10
UNREAD = (Field.NAME, Field.ORIGIN, Field.CONTACT)  # Whose words are kept and mean no status.
NUMBERS = ("f", "t")  # Of forms and tablets; nobody writes a consent's "false" there.
OTHER_LETTERS = ("cinsiyet", "gender", "sex")  # E is a man there.
# Dates of a person, an order or a row. Of any other nobody knows what ended then: "Ayrılma", "Left at", "Bitiş".
_HARMLESS_DATE = re.compile(
    r"(?:tarih\w*|zaman\w*|saat\w*|gun\w*|date|datetime|timestamp|time|day|at|on|in|of|ve|and|ilk|son|first|last|"
    r"dogum\w*|birth\w*|bday|evlilik|evlenme|yildonumu|anniversary|siparis\w*|orders?|ordered|fatura\w*|invoiced?|"
    r"teslim\w*|delivery|delivered|kargo\w*|sevk\w*|shipping|shipped|odeme\w*|payments?|paid|alisveris\w*|satin|alma|"
    r"satis\w*|purchased?|ziyaret\w*|visit\w*|kayit|kaydi|regist\w+|sign|signup|up|uye\w*|member\w*|olma|musteri\w*|"
    r"custom\w+|kullanici|user|hesap|account|giris\w*|login|log|seen|guncelle\w*|update\w*|modified|olustur\w*|creat\w+|"
    r"ekle\w*|added|form\w*|basvuru\w*|randevu\w*|rezervasyon\w*|islem\w*|izin|izni|onay|onayi|riza|consent|permission|"
    r"opt(?:in)?|alin\w*|veril\w*|sms|mesaj|arama|telefon|eposta|e?mail|iys|durum\w*|status)"
)
_LAST_DAY = re.compile(r"\b(?:son|last) (?:tarih|gun|dat|day)|opt ?out")
_SERIAL = re.compile(r"(?!\d{8}$)\d+(?:[.,]\d*)?")  # Excel's and Unix's dates, and any number.

Counts = dict[str, list[int]]  # By the column's place, as JSON keys are: the numbers of UnusedColumn.


@dataclass(frozen=True)
class UnusedColumn:
    """A column with values that is not read, and how many of its `filled` cells say yes or no, refuse in their own
    words, and are dates or addresses."""

    place: int  # From 0.
    header: str
    filled: int
    statuses: int = 0
    refusals: int = 0
    dates: int = 0
    addresses: int = 0

    @property
    def letter(self) -> str:
        return column_letter(self.place)

    @property
    def may_refuse(self) -> bool:
        """Whether it may hold refusals, or addresses that a refusal of their line does not reach."""
        if self.refusals or self.holds_addresses or self._ends_something or refusal_named(self.header) is not None:
            return True
        return self._are_most(self.statuses) and not set(name_of(self.header).split()) & set(OTHER_LETTERS)

    @property
    def holds_addresses(self) -> bool:
        return self._are_most(self.addresses)

    @property
    def _ends_something(self) -> bool:
        return self._are_most(self.dates) and not are_harmless_dates(self.header)

    def _are_most(self, count: int) -> bool:
        return count > 0 and count * 2 >= self.filled


@dataclass(frozen=True)
class Unread:
    """What of a batch's file is not read, and how many of the lines that are read its author does not see."""

    columns: Sequence[UnusedColumn] = ()
    sheets: Sequence[Sheet] = ()
    hidden_lines: int = 0

    @property
    def doubtful(self) -> int:
        """How many columns and sheets may hold refusals, so that no grant can be trusted that is read."""
        return sum(each.may_refuse for each in self.columns) + len(self.sheets)

    def __bool__(self) -> bool:
        return bool(self.columns or self.sheets or self.hidden_lines)


class CellCounter:
    """Counts the filled cells of the columns that a layout does not read."""

    def __init__(self, layout: Layout):
        self._read = {place for field, place in layout.columns.items() if field not in UNREAD}
        self._kept = set(layout.columns.values())  # Read or not.
        self._name = layout.columns.get(Field.NAME)
        self._meanings = Meanings(layout.words)
        self._counts: dict[int, Counter[int]] = {}  # By place: the numbers of UnusedColumn, in their order.

    def add(self, lines: Iterable[Line]) -> None:
        """Count lines of data."""
        rows = [cells for _, cells in lines]
        for place in range(max(map(len, rows), default=0)):
            if place not in self._read:
                self._count(place, Counter(cells[place] for cells in rows if place < len(cells)))

    def counts(self) -> Counts:
        """What was counted, to be stored."""
        return {str(place): [found[each] for each in range(5)] for place, found in sorted(self._counts.items())}

    def _count(self, place: int, cells: Mapping[str, int]) -> None:
        is_kept = place in self._kept
        for cell, count in cells.items():
            if cell and (len(cell) > LONGEST_STATUS or not says_nothing(cell)):
                found = self._counts.setdefault(place, Counter())
                for number, is_so in enumerate((
                    True,
                    self._is_status(cell, is_kept=is_kept),
                    (refuses_beside if place == self._name else refuses)(cell),
                    not is_kept and is_date(cell),
                    not is_kept and _is_address(cell),
                )):  # fmt: skip
                    found[number] += is_so * count

    def _is_status(self, cell: str, *, is_kept: bool) -> bool:
        if len(cell) <= LONGEST_ADDRESS and choices(cell):
            return True
        if len(cell) > LONGEST_STATUS or (is_kept and folded(cell) in NUMBERS):
            return False
        return isinstance(self._meanings.status(cell), Status)


def are_harmless_dates(header: str) -> bool:
    """Whether the name of a column with dates says that nothing ended then."""
    name = name_of(header)
    return bool(name) and all(map(_HARMLESS_DATE.fullmatch, name.split())) and not _LAST_DAY.search(name)


def is_date(cell: str) -> bool:
    """Whether a cell is a date by itself; a number may be one of many things."""
    if len(cell) > LONGEST_STATUS or not any(map(str.isdigit, cell)) or _SERIAL.fullmatch(cell.strip()):
        return False
    return isinstance(dates.read(cell), dates.Moment) or isinstance(dates.read(cell, False), dates.Moment)


def _is_address(cell: str) -> bool:
    if len(cell) > LONGEST_ADDRESS or ("@" not in cell and sum(map(str.isdigit, cell)) < FEWEST_DIGITS):
        return False
    return isinstance(address_or_problem(cell), Address)


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
    """The columns counted, those that may refuse first; a name or a proof that is read as such only if it does."""
    places = {place for field, place in layout.columns.items() if field in UNREAD}
    named = [
        UnusedColumn(int(place), header[int(place)] if int(place) < len(header) else "", *numbers)
        for place, numbers in counts.items()
    ]
    found = [each for each in named if folded(each.header) not in OURS]
    found = [each for each in found if each.place not in places or each.refusals or each.statuses * 2 >= each.filled]
    return sorted(found, key=lambda each: (not each.may_refuse, each.place))
