"""By which numbers a firm is known: tax, identity and MERSİS numbers, checked by their own check digits."""

import re
from enum import StrEnum

from stdnum.exceptions import ValidationError
from stdnum.tr import tckimlik, vkn

MERSIS_DIGITS, BRANCH_DIGITS = 16, 5
SEPARATORS = re.compile(r"[\s.\-/]")


class NumberProblem(StrEnum):
    """What is wrong with a number."""

    NOT_DIGITS = "not_digits"
    LENGTH = "length"
    CHECK_DIGITS = "check_digits"


class BadNumber(ValueError):
    """A number that no firm can have; `wrong` says why."""

    def __init__(self, wrong: NumberProblem):
        super().__init__(wrong.value)
        self.wrong = wrong


def parse_tax_number(text: str) -> str:
    """A tax number (VKN, 10 digits) or a person's identity number (TCKN, 11 digits), as digits. Raises BadNumber."""
    digits = _digits(text)
    if len(digits) not in (10, 11):
        raise BadNumber(NumberProblem.LENGTH)
    try:
        return (vkn if len(digits) == 10 else tckimlik).validate(digits)
    except ValidationError:
        raise BadNumber(NumberProblem.CHECK_DIGITS) from None


def parse_mersis(text: str) -> str:
    """A MERSİS number, as 16 digits. The owner's number within it must check. Raises BadNumber."""
    digits = _digits(text)
    if len(digits) != MERSIS_DIGITS:
        raise BadNumber(NumberProblem.LENGTH)
    parse_tax_number(tax_id_in_mersis(digits))
    return digits


def tax_id_in_mersis(mersis_digits: str) -> str:
    """Whose number stands within a MERSİS number: a firm's VKN after a 0, or a person's TCKN, which begins with none;
    the last five digits count the branches."""
    owner = mersis_digits[:-BRANCH_DIGITS]
    return owner.removeprefix("0") if owner.startswith("0") else owner


def _digits(text: str) -> str:
    digits = SEPARATORS.sub("", text)
    if not (digits.isascii() and digits.isdecimal()):
        raise BadNumber(NumberProblem.NOT_DIGITS)
    return digits
