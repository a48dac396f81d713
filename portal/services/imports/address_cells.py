"""Cells of columns of addresses: whether one says that there is none, or is a bad address rather than a text."""

import re
from functools import lru_cache

from portal.core.addresses import Address
from portal.services.imports.layout.normalization import address_or_problem, says_nothing, spelled
from portal.services.imports.layout.plain_words import is_plain

FEWEST_OF_BAD = 5  # Digits of a bad telephone.
NO_NUMBER = " 0+-./()"  # Zeros are what a database often has in place of no number.
_DIGIT = re.compile(r"\d")
# Of a bad address: letters among digits, what has an @, and a day that is no telephone.
_LETTER, _AT_SIGN = re.compile(r"(?<![^\W\d_])[^\W\d_](?![^\W\d_])"), re.compile(r"[^\s@]{1,80}@\S*")
_DAY = re.compile(r"(?<!\d)\d{1,2}[./-]\d{1,2}[./-](?:\d\d|\d{4})(?!\d)|(?<!\d)(?:19|20)\d\d-\d\d-\d\d(?!\d)")


def is_none(cell: str) -> bool:
    """Whether a cell of a column of addresses says that there is none."""
    return says_nothing(cell) or not cell.strip(NO_NUMBER) or (not _DIGIT.search(cell) and spelled(cell) == "yok")


def like_kinds(cell: str) -> tuple[bool, bool]:
    """Whether a cell has signs of a telephone, and of an e-mail address."""
    return sum(map(str.isdigit, _AT_SIGN.sub("", cell))) >= FEWEST_OF_BAD, "@" in cell


@lru_cache(maxsize=16)  # Of one line.
def is_like_address(cell: str) -> bool:
    """Whether a cell of a column of addresses is one, or a bad one with nothing but known words beside it ("Cep O532
    123 45 67"), and no date."""
    is_like = any(like_kinds(cell)) and ("@" in cell or not _DAY.search(cell))
    words = _LETTER.sub(" ", _AT_SIGN.sub(" ", cell))
    is_bare = not any(map(str.isalpha, words))  # Found fast, since nearly all are.
    return (is_like and (is_bare or is_plain(words))) or isinstance(address_or_problem(cell), Address)
