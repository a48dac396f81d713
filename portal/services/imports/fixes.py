"""Repairs that a person may let be done to all lines with one problem, and the words that only they can explain."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from portal.core.addresses import Problem
from portal.services.imports.layout import Cure, Field
from portal.services.imports.layout.normalization import folded
from portal.services.imports.row_results import RowProblem
from portal.services.imports.store import Line

if TYPE_CHECKING:
    from portal.services.imports.row_parser import Looker

CURES: dict[str, Cure] = {
    Problem.EMAIL_TURKISH_LETTER: Cure.EMAIL_LETTERS,
    Problem.EMAIL_SPACE: Cure.EMAIL_SPACES,
    RowProblem.DATE_IMPOSSIBLE: Cure.DATE_SWAP,
    RowProblem.DATE_TO_COME: Cure.DATE_SWAP,
}
# The names that Layout.words has for the columns of words.
WORDS_OF = {
    Field.CHANNEL: "channel", Field.STATUS: "status", Field.STATUS_SMS: "status", Field.STATUS_CALL: "status",
    Field.STATUS_EMAIL: "status", Field.TYPE: "type", Field.SOURCE: "source",
}  # fmt: skip
MOST_WORDS = 200  # A column with more holds no words of this kind: another one was meant.
LONGEST_WORD = 80

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


def unknown_words(lines: Iterable[Line], looker: "Looker") -> dict[str, dict[str, int]]:
    """Words that nothing explains: {"status": {"Beklemede": 12}, "source": {…}, …}, by the names that Layout.words
    has, and in how many cells each stands, the most frequent first."""
    counts: dict[str, Counter[str]] = {}
    spelt: dict[tuple[str, str], str] = {}
    sayings = looker.sayings
    for cells in filter(None, map(looker.cells_of, lines)):
        for field, column in sayings.columns.items():
            if sayings.means(field, cells[column]) is None:
                kind, word = WORDS_OF[field], folded(cells[column])
                spelt.setdefault((kind, word), cells[column].strip()[:LONGEST_WORD])
                counts.setdefault(kind, Counter())[word] += 1
    return {
        kind: {spelt[kind, word]: words[word] for word in sorted(words, key=words.get, reverse=True)[:MOST_WORDS]}
        for kind, words in counts.items()
    }


def _swapped(value: str) -> str:
    """Day and month changed round, as where a program took 03.04. for the fourth of March."""
    if _YEAR_FIRST.match(value):
        return _YEAR_FIRST.sub(r"\1\4\3\2", value)
    return _YEAR_LAST.sub(r"\1\4\3\2", value)
