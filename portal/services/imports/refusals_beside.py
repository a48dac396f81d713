"""Refusals in a line beside what its cells are read for: in notes, in brackets, in names and beside addresses."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType

from portal.core.addresses import Address, AddressProblem
from portal.services.imports.address_cells import like_kinds
from portal.services.imports.fixes import addresses_meant
from portal.services.imports.layout import Field, Layout, dates
from portal.services.imports.layout.cell_words import CONTACTS, Meanings
from portal.services.imports.layout.headers import our_columns
from portal.services.imports.layout.layout import ADDRESSES
from portal.services.imports.layout.normalization import (
    address_or_problem,
    addresses_within,
    retailer_codes,
    says_nothing,
    spelled,
)
from portal.services.imports.layout.plain_words import (
    is_address_alone,
    is_day,
    is_marked,
    is_plain,
    says_more_than_address,
)
from portal.services.imports.layout.refusals import may_refuse, refuses, refuses_in_name
from portal.services.imports.row_results import is_ours

MASK = re.compile(r"(?!\( ?- ?\)$)\+?(?:90|0)?[ 0]?(?=.*[(_])[ (_.)-]{2,30}")  # Of a form, empty: "(___) ___ __ __"
OF_DAYS = "0123456789 .,/:-"
PROOFS = (Field.ORIGIN, Field.CONTACT)  # Kept as they stand, so they may say more.


Check = Callable[[str], bool]


class RefusalsBeside:
    """Looks for what refuses, or may refuse, in all cells of a line. `checks` are those of columns that the layout does
    not read, by place; of what it reads as one of the fields `unused` nothing is used."""

    def __init__(
        self, layout: Layout, header: Sequence[str], checks: Mapping[int, Check] = MappingProxyType({}),
        unused: Collection[Field] = (),
    ):  # fmt: skip
        read = {place: each for each, place in layout.columns.items() if each not in PROOFS}
        self._checks = {place: _CHECKS.get(each, _says_nothing_more) for place, each in read.items()}
        self._checks |= {
            place: _note_of(each, Meanings(layout.words)) for place, each in read.items() if each in unused
        }
        self._checks |= checks
        self._checks |= dict.fromkeys(our_columns(header), lambda cell: not is_ours(cell) and refuses(cell))

    def found_in(self, cells: Sequence[str]) -> bool:
        """Whether any cell says a refusal that its column is not read for; any note beside a date counts."""
        return any(self._checks.get(place, refuses)(cell) for place, cell in enumerate(cells) if cell)


def _note_of(field: Field, meanings: Meanings) -> Check:
    """Whether a cell refuses that nobody reads, though it stands in a column of this field."""
    readers: dict[Field, Callable[[str], object]] = {
        Field.CHANNEL: meanings.channels, Field.TYPE: meanings.recipient_type, Field.SOURCE: meanings.source
    }  # fmt: skip
    if field == Field.DATE:
        return lambda cell: refuses(cell) or bool(dates.notes_in(cell))
    return lambda cell: not readers.get(field, retailer_codes)(cell) and refuses(cell)  # "SMS, Arama"


def _says_nothing_more(_cell: str) -> bool:
    """Of a column whose whole cell is understood, or a problem."""
    return False


def is_beside_address(cell: str) -> bool:
    """Whether more than a name stands beside an address ("// 0532 …", "0532 … ❌"), or unknown words in its place."""
    if is_address_alone(cell) or says_nothing(cell) or spelled(cell) == "yok":  # It says that there is none.
        return False
    found = address_or_problem(cell)
    if found == AddressProblem.UNKNOWN:
        return may_refuse(cell) or not is_plain(cell)
    if addresses_within(cell):
        return isinstance(found, Address) or says_more_than_address(cell) or may_refuse(cell)
    is_mask = MASK.fullmatch(cell) is not None
    return (not is_mask and is_marked(cell.replace("@", "").lstrip("+ ").rstrip("?_ "))) or may_refuse(cell)


def hides_person(cell: str) -> bool:
    """Whether something refuses, or may, beside an address of which nobody knows whose it is."""
    return any(like_kinds(cell)) and is_beside_address(cell) and not addresses_meant(cell)


def is_beside_day(cell: str) -> bool:
    """Whether more than a day, or what was meant for one, stands in a cell."""
    if dates.notes_in(cell):
        return True
    is_harmless = is_day(cell) or isinstance(dates.read(cell), dates.Moment) or not cell.strip(OF_DAYS)
    return not is_harmless and _may_deny(cell)


def is_beside_contact(cell: str) -> bool:
    """Whether something else than how a contact began stands in its column, and may deny it."""
    return spelled(cell) not in CONTACTS and _may_deny(cell)


def _may_deny(cell: str) -> bool:
    return may_refuse(cell) or is_marked(cell)


_CHECKS: dict[Field, Check] = dict.fromkeys(ADDRESSES, is_beside_address) | {
    Field.NAME: refuses_in_name, Field.DATE: is_beside_day,
}  # fmt: skip
