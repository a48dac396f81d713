"""By which numbers a firm is known: tax, identity and MERSİS numbers, checked by their own check digits."""

import re
from enum import StrEnum

from stdnum.exceptions import ValidationError
from stdnum.tr import tckimlik, vkn

MERSIS_DIGITS, BRANCH_DIGITS = 16, 5
SEPARATORS = re.compile(r"[\s.\-/]")


class Wrong(StrEnum):
    """What is wrong with a number."""

    NOT_DIGITS = "not_digits"
    LENGTH = "length"
    CHECK_DIGITS = "check_digits"


class BadNumber(ValueError):
    """A number that no firm can have; `wrong` says why."""

    def __init__(self, wrong: Wrong):
        super().__init__(wrong.value)
        self.wrong = wrong


def tax_number(text: str) -> str:
    """A tax number (VKN, 10 digits) or a person's identity number (TCKN, 11 digits), as digits. Raises BadNumber."""
    digits = _digits(text)
    if len(digits) not in (10, 11):
        raise BadNumber(Wrong.LENGTH)
    try:
        return (vkn if len(digits) == 10 else tckimlik).validate(digits)
    except ValidationError:
        raise BadNumber(Wrong.CHECK_DIGITS) from None


def mersis(text: str) -> str:
    """A MERSİS number, as 16 digits. The owner's number within it must check. Raises BadNumber."""
    digits = _digits(text)
    if len(digits) != MERSIS_DIGITS:
        raise BadNumber(Wrong.LENGTH)
    tax_number(owner_of(digits))
    return digits


def owner_of(mersis_digits: str) -> str:
    """Whose number stands within a MERSİS number: a firm's VKN after a 0, or a person's TCKN, which begins with none;
    the last five digits count the branches."""
    owner = mersis_digits[:-BRANCH_DIGITS]
    return owner.removeprefix("0") if owner.startswith("0") else owner


def _digits(text: str) -> str:
    digits = SEPARATORS.sub("", text)
    if not (digits.isascii() and digits.isdecimal()):
        raise BadNumber(Wrong.NOT_DIGITS)
    return digits
