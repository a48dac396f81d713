"""Tax (VKN), identity (TCKN) and MERSİS numbers, validated by their check digits."""

import re
from enum import StrEnum

from stdnum.exceptions import ValidationError
from stdnum.tr import tckimlik, vkn

MERSIS_DIGITS, BRANCH_DIGITS = 16, 5
SEPARATORS = re.compile(r"[\s.\-/]")


class NumberProblem(StrEnum):
    """Why a number is invalid."""

    NOT_DIGITS = "not_digits"
    LENGTH = "length"
    CHECK_DIGITS = "check_digits"


class BadNumber(ValueError):
    """An invalid number; `problem` says why."""

    def __init__(self, problem: NumberProblem):
        super().__init__(problem.value)
        self.problem = problem


def parse_tax_number(text: str) -> str:
    """Validate a VKN (10 digits) or a person's TCKN (11 digits) and return its digits. Raises BadNumber."""
    digits = _digits(text)
    if len(digits) not in (10, 11):
        raise BadNumber(NumberProblem.LENGTH)
    try:
        return str((vkn if len(digits) == 10 else tckimlik).validate(digits))
    except ValidationError:
        raise BadNumber(NumberProblem.CHECK_DIGITS) from None


def parse_mersis(text: str) -> str:
    """Validate a MERSİS number, with the tax id in it, and return its 16 digits. Raises BadNumber."""
    digits = _digits(text)
    if len(digits) != MERSIS_DIGITS:
        raise BadNumber(NumberProblem.LENGTH)
    parse_tax_number(tax_id_in_mersis(digits))
    return digits


def tax_id_in_mersis(mersis_digits: str) -> str:
    """The owner's tax id in a MERSİS number: a company's VKN after a 0, or a person's TCKN, which has no leading 0.

    The last five digits number the branches.
    """
    return mersis_digits[:-BRANCH_DIGITS].removeprefix("0")


def _digits(text: str) -> str:
    digits = SEPARATORS.sub("", text)
    if not (digits.isascii() and digits.isdecimal()):
        raise BadNumber(NumberProblem.NOT_DIGITS)
    return digits
