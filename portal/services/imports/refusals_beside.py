"""Refusals in a line beside what its cells are read for: in notes, in brackets, in names and before addresses."""

from collections.abc import Callable, Collection, Sequence

from portal.services.imports.layout import Field, Layout, dates
from portal.services.imports.layout.headers import OURS
from portal.services.imports.layout.layout import ADDRESSES
from portal.services.imports.layout.normalization import folded
from portal.services.imports.layout.refusing_text import refuses, refuses_beside

PROOFS = (Field.ORIGIN, Field.CONTACT)  # Kept as they stand, so they may say more.


class RefusalsBeside:
    """Looks for what refuses, or may refuse, in all cells of a line. `addresses` are further columns of addresses."""

    def __init__(self, layout: Layout, header: Sequence[str], addresses: Collection[int] = ()):
        read = {place: each for each, place in layout.columns.items() if each not in PROOFS}
        self._checks = {place: _CHECKS.get(each, _says_nothing_more) for place, each in read.items()}
        self._checks |= dict.fromkeys(addresses, refuses_beside)
        self._checks |= {place: _says_nothing_more for place, name in enumerate(header) if folded(name) in OURS}

    def found_in(self, cells: Sequence[str]) -> bool:
        """Whether any cell says a refusal that its column is not read for; any note after a date counts."""
        return any(self._checks.get(place, refuses)(cell) for place, cell in enumerate(cells) if cell)


def _says_nothing_more(_cell: str) -> bool:
    """Of a column whose whole cell is understood, or a problem."""
    return False


def _notes_more(date: str) -> bool:
    return bool(dates.notes_in(date))


_CHECKS: dict[Field, Callable[[str], bool]] = dict.fromkeys((*ADDRESSES, Field.NAME), refuses_beside) | {
    Field.DATE: _notes_more
}
