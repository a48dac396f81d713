"""Fixes that a person may apply to all rows with one problem."""

import re
import unicodedata
from collections.abc import Collection, Iterator

from portal.core.addresses import Address, AddressProblem
from portal.services.imports.layout import Fix
from portal.services.imports.layout.normalization import address_or_problem, addresses_within
from portal.services.imports.row_results import RowProblem

FIXES: dict[str, Fix] = {  # By problem.
    AddressProblem.EMAIL_TURKISH_LETTER: Fix.EMAIL_LETTERS,
    AddressProblem.EMAIL_SPACE: Fix.EMAIL_SPACES,
    RowProblem.DATE_IMPOSSIBLE: Fix.DATE_SWAP,
    RowProblem.DATE_TO_COME: Fix.DATE_SWAP,
}
_LETTERS = str.maketrans("çğıöşüâîûÇĞİÖŞÜÂÎÛ", "cgiosuaiuCGIOSUAIU", "\u0307")
# A space beside a sign is a slip; between two letters another address, or a name, may begin, as on either side of a
# hyphen, which before or behind an address crosses it out.
_STRAY_SPACE = re.compile(r"(?<!\s)\s+(?=[@.]|[_-][^\W_])|(?<=[@.])\s+|(?<=[^\W_][_-])\s+(?=[^\W_])")
_YEAR_LAST = re.compile(r"^(\D*)(\d{1,2})(\s*[./-]\s*)(\d{1,2})(?=\s*[./-]\s*(?:\d{4}|\d{2})(?!\d))")
_YEAR_FIRST = re.compile(r"^(\D*\d{4}\s*[./-]\s*)(\d{1,2})(\s*[./-]\s*)(\d{1,2})(?!\d)")


def apply_fix(value: str, fix: Fix) -> str:
    """The repaired cell, or the same where the fix does nothing for it. Parse it again to see whether it helped."""
    match fix:
        case Fix.EMAIL_LETTERS:
            return unicodedata.normalize("NFC", value).translate(_LETTERS)
        case Fix.EMAIL_SPACES:
            return _STRAY_SPACE.sub("", value)
        case Fix.DATE_SWAP:
            return _swap_day_and_month(value)


def repairs(cell: str, fixes: Collection[Fix]) -> Iterator[str]:
    """An address as it is written, and after each of the fixes for its problem and for those that are left then."""
    left = set(fixes)
    yield cell
    while isinstance(found := address_or_problem(cell), AddressProblem) and (fix := FIXES.get(found)) in left:
        left.discard(fix)
        cell = apply_fix(cell, fix)
        yield cell


def addresses_meant(cell: str) -> list[Address]:
    """Whom a cell that refuses may mean: the addresses within it, also where a fix makes them readable, and a mailbox
    without the signs around it. Blanks are taken out only where nobody is found: they may part two
    addresses."""
    bare = [cell.strip(" -_/|\\*")] if "@" in cell else []
    if found := [address for each in (cell, *bare) for address in addresses_within(each)]:
        without_letters = repairs(cell, [Fix.EMAIL_LETTERS])
        return list(dict.fromkeys([*found, *(each for its in without_letters for each in addresses_within(its))]))
    return next((found for its in repairs(cell, [*Fix]) if (found := addresses_within(its))), [])


def _swap_day_and_month(value: str) -> str:
    """As where a program took 03.04. for the fourth of March."""
    if _YEAR_FIRST.match(value):
        return _YEAR_FIRST.sub(r"\1\4\3\2", value)
    return _YEAR_LAST.sub(r"\1\4\3\2", value)
