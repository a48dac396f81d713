"""Refusals in a line beside what its cells are read for: in notes, in brackets, in names and beside addresses."""

from collections.abc import Callable, Collection, Sequence

from portal.core.addresses import Address, AddressProblem
from portal.services.imports.layout import Field, Layout, dates
from portal.services.imports.layout.headers import our_columns
from portal.services.imports.layout.layout import ADDRESSES
from portal.services.imports.layout.normalization import address_or_problem, folded, says_nothing
from portal.services.imports.layout.plain_words import is_address_alone, is_plain
from portal.services.imports.layout.refusals import may_refuse, refuses, refuses_in_name
from portal.services.imports.row_results import is_ours

PROOFS = (Field.ORIGIN, Field.CONTACT)  # Kept as they stand, so they may say more.


class RefusalsBeside:
    """Looks for what refuses, or may refuse, in all cells of a line. `addresses` are further columns of addresses, and
    `days` of dates."""

    def __init__(
        self, layout: Layout, header: Sequence[str], addresses: Collection[int] = (), days: Collection[int] = ()
    ):
        read = {place: each for each, place in layout.columns.items() if each not in PROOFS}
        self._checks = {place: _CHECKS.get(each, _says_nothing_more) for place, each in read.items()}
        self._checks |= dict.fromkeys(addresses, _is_beside_address) | dict.fromkeys(days, _notes_more)
        self._checks |= dict.fromkeys(our_columns(header), lambda cell: not is_ours(cell) and refuses(cell))

    def found_in(self, cells: Sequence[str]) -> bool:
        """Whether any cell says a refusal that its column is not read for; any note after a date counts."""
        return any(self._checks.get(place, refuses)(cell) for place, cell in enumerate(cells) if cell)


def _says_nothing_more(_cell: str) -> bool:
    """Of a column whose whole cell is understood, or a problem."""
    return False


def _is_beside_address(cell: str) -> bool:
    """Whether anything but a name stands beside an address ("// 0532 …", "-0532 …"), or unknown words in its place."""
    if is_address_alone(cell) or folded(cell) == "yok":  # It says that there is none.
        return False
    found = address_or_problem(cell)
    is_unknown = found == AddressProblem.UNKNOWN and not (says_nothing(cell) or is_plain(cell))
    return is_unknown or isinstance(found, Address) or may_refuse(cell)


def _notes_more(date: str) -> bool:
    return bool(dates.notes_in(date))


_CHECKS: dict[Field, Callable[[str], bool]] = dict.fromkeys(ADDRESSES, _is_beside_address) | {
    Field.NAME: refuses_in_name, Field.DATE: _notes_more,
}  # fmt: skip
