"""Repairs that a person may let be done to all lines with one problem, and the words that only they can explain."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from portal.imports.layout import Cure
from portal.imports.store import Line

if TYPE_CHECKING:
    from portal.imports.looking import Looker


def cure_of(word: str) -> Cure | None:
    """The cure that may mend a problem, by the problem's word."""
    raise NotImplementedError


def cured(value: str, cure: Cure) -> str:
    """What becomes of a cell; the same where the cure does nothing for it. Whether it helps, reading it again tells."""
    raise NotImplementedError


def unknown_words(lines: Iterable[Line], looker: "Looker") -> dict[str, dict[str, int]]:
    """Words that nothing explains: {"status": {"Beklemede": 12}, "source": {…}, …}, by the names that Layout.words
    has, and on how many lines each stands, the most frequent first."""
    raise NotImplementedError
