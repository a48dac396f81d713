"""Repairs that a person may let be done to all rows with one problem."""

import re
import unicodedata

from portal.core.addresses import Problem
from portal.services.imports.layout import Cure
from portal.services.imports.row_results import RowProblem

CURES: dict[str, Cure] = {
    Problem.EMAIL_TURKISH_LETTER: Cure.EMAIL_LETTERS,
    Problem.EMAIL_SPACE: Cure.EMAIL_SPACES,
    RowProblem.DATE_IMPOSSIBLE: Cure.DATE_SWAP,
    RowProblem.DATE_TO_COME: Cure.DATE_SWAP,
}
_LETTERS = str.maketrans("çğıöşüâîûÇĞİÖŞÜÂÎÛ", "cgiosuaiuCGIOSUAIU", "\u0307")
# A space beside a sign was never meant; between two letters another address, or a name, may begin.
_STRAY_SPACE = re.compile(r"(?<!\s)\s+(?=[@._-])|(?<=[@._-])\s+")
_YEAR_LAST = re.compile(r"^(\D*)(\d{1,2})(\s*[./-]\s*)(\d{1,2})(?=\s*[./-]\s*(?:\d{4}|\d{2})(?!\d))")
_YEAR_FIRST = re.compile(r"^(\D*\d{4}\s*[./-]\s*)(\d{1,2})(\s*[./-]\s*)(\d{1,2})(?!\d)")


def cure_of(word: str) -> Cure | None:
    """The cure that may mend a problem, by the problem's word."""
    return CURES.get(word)


def cured(value: str, cure: Cure) -> str:
    """What becomes of a cell; the same where the cure does nothing for it. Whether it helps, reading it again tells."""
    match cure:
        case Cure.EMAIL_LETTERS:
            return unicodedata.normalize("NFC", value).translate(_LETTERS)
        case Cure.EMAIL_SPACES:
            return _STRAY_SPACE.sub("", value)
        case Cure.DATE_SWAP:
            return _swapped(value)


def _swapped(value: str) -> str:
    """Day and month changed round, as where a program took 03.04. for the fourth of March."""
    if _YEAR_FIRST.match(value):
        return _YEAR_FIRST.sub(r"\1\4\3\2", value)
    return _YEAR_LAST.sub(r"\1\4\3\2", value)
