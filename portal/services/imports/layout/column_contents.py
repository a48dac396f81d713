"""The contents of a column: which share of its cells are telephones, dates, words of consent and so on."""

import itertools
from collections import Counter
from collections.abc import Container, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from portal.core.addresses import Address, AddressKind, AddressProblem
from portal.core.iys_protocol import RecipientType, Source, Status
from portal.services.imports.layout.cell_words import ANY_STATE, Meanings, Y, is_among
from portal.services.imports.layout.dates import BadTime, Moment, parts, read, read_clock
from portal.services.imports.layout.layout import STATUS_FIELDS, Field
from portal.services.imports.layout.normalization import (
    address_or_problem,
    folded,
    is_cross,
    key_of,
    retailer_codes,
    says_nothing,
)

FIRST_YEAR = 2015  # A consent is not older; a date of birth mostly is.
OLD = 0.3  # The weight of an earlier date.
STATUSES = (Field.STATUS, *STATUS_FIELDS.values())


@dataclass
class Contents:
    """Counts over a column's non-empty cells."""

    cells: list[str]
    counts: Counter[Field] = field(default_factory=Counter)  # Cells that fit; of the four statuses as STATUS.
    phones: list[Address] = field(default_factory=list)
    mobiles: int = 0
    bad_addresses: Counter[AddressProblem] = field(default_factory=Counter)
    dates: float = 0
    serials: int = 0
    clocks: int = 0  # Dates that have a time of day.
    strong: int = 0  # Statuses that are used of consents and of little else.

    @classmethod
    def of_column(cls, cells: Iterable[str], meanings: Meanings) -> "Contents":
        contents = cls([cell for cell in cells if not says_nothing(cell) and not is_cross(folded(cell))])
        for cell in contents.cells:
            contents._count_address(cell)
            contents._count_date(cell)
            contents._count_words(cell, meanings)
        return contents

    def share(self, count: float) -> float:
        """Of all non-empty cells."""
        return count / len(self.cells) if self.cells else 0.0

    def fitness(self, wanted: Field, *, is_named: bool) -> float:
        """How well the column's cells fit a field, from 0 to 1 or little more."""
        match wanted:
            case Field.PHONE:
                return self._fitness_of_phones(is_named)
            case Field.ADDRESS:
                both = self.share(self.addresses)
                return both if self.is_mixed else both * 0.45  # A column of one kind is better called by it.
            case Field.DATE:
                return self.share(self.dates + (self.serials if is_named else 0)) + 0.1 * self.share(self.clocks)
        return self.share(self.counts[Field.STATUS if wanted in STATUSES else wanted])

    @property
    def addresses(self) -> int:
        return len(self.phones) + self.counts[Field.EMAIL]

    def count_failed(self, unlike: Container[AddressProblem]) -> int:
        """How many cells are failed addresses, without those of these problems."""
        return sum(count for problem, count in self.bad_addresses.items() if problem not in unlike)

    @property
    def is_mixed(self) -> bool:
        return min(self.share(len(self.phones)), self.share(self.counts[Field.EMAIL])) >= 0.05

    @property
    def is_numeric(self) -> bool:
        return all(cell.strip().isdigit() for cell in self.cells)

    @property
    def has_day_first(self) -> bool:
        """Whether 03.04.2026 means April: some first number must be a day, or no second one is."""
        pairs = [pair for cell in self.cells if (pair := parts(cell))]
        return any(first > 12 for first, _ in pairs) or not any(second > 12 for _, second in pairs)

    def _fitness_of_phones(self, is_named: bool) -> float:
        fitness = self.share(self.mobiles + 0.6 * (len(self.phones) - self.mobiles))
        if is_named:
            return fitness
        # Member and order numbers count up from one line to the next; telephones do not.
        numbers = [int(phone.text) for phone in self.phones]
        steps = sum(0 <= after - before <= 10 for before, after in itertools.pairwise(numbers))
        written = sum(cell.strip()[:1] != "5" for cell in self.cells)
        return fitness + 0.1 * self.share(written) - (0.6 if len(numbers) > 3 and steps * 2 > len(numbers) else 0)

    def _count_address(self, cell: str) -> None:
        address = address_or_problem(cell)
        if isinstance(address, AddressProblem):
            self.bad_addresses[address] += 1
        elif address.kind == AddressKind.EMAIL:
            self.counts[Field.EMAIL] += 1
        else:
            self.phones.append(address)
            self.mobiles += address.is_mobile

    def _count_date(self, cell: str) -> None:
        moment = read(cell)
        moment = moment if isinstance(moment, Moment) else read(cell, False)
        if isinstance(moment, Moment):
            if cell.strip().replace(".", "").replace(",", "").isdigit() and cell.count(".") < 2:
                self.serials += 1
            else:
                self.dates += 1 if moment.at.year >= FIRST_YEAR else OLD
                self.clocks += moment.has_clock
        with suppress(BadTime):
            read_clock(cell)
            self.counts[Field.TIME] += 1

    def _count_words(self, cell: str, meanings: Meanings) -> None:
        if isinstance(meanings.status(cell), Status) or key_of(cell) == Y:
            self.counts[Field.STATUS] += 1
            self.strong += not is_among(cell, ANY_STATE)
        is_source = isinstance(meanings.source(cell), Source) or folded(cell).startswith(("hs ", "iys "))
        codes = retailer_codes(cell) or ()
        self.counts[Field.RETAILER] += len(codes) == 1
        self.counts[Field.RETAILER_ACCESS] += bool(codes)
        self.counts[Field.CHANNEL] += bool(meanings.channels(cell))
        self.counts[Field.SOURCE] += is_source
        self.counts[Field.TYPE] += isinstance(meanings.recipient_type(cell), RecipientType)
