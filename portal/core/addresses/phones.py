"""Parse phone numbers in the usual Turkish spellings into E.164, by libphonenumber's numbering plan."""

import re
from typing import Any

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumberType, ValidationResult

from portal.core.addresses.problems import AddressProblem, BadAddress

LONGEST = 15  # İYS counts the plus sign too (H160).

# The library takes 17 µs per number. Nearly all numbers are Turkish, so its own patterns for them are tried first.
_PLAN: Any = PhoneMetadata.metadata_for_region("TR")
_MOBILE = re.compile(_PLAN.mobile.national_number_pattern)
_LANDLINE = re.compile(_PLAN.fixed_line.national_number_pattern)

TURKISH_MOBILE = "+905"
_BEFORE_NATIONAL = re.compile(r"^(?:(?:00)?90|0)(?=\d{10}$)")
_SEPARATORS = str.maketrans("", "", " \t\r\n()[]{}./\\-_,:·•‐‑‒–—―−")
_TURKISH = re.compile(r"(?:\+?(?:00?)?90|\+(?=0))?0?([1-9][0-9]{9})")
_LABEL = re.compile(
    r"(?:(?:telefonu?|tel|gsm|cep|mobile?|phone|sms|whatsapp|numarası|numara|nosu|no|ev|[iİ]ş)\b[\s.:#/-]*)+", re.I
)
_FLOAT = re.compile(r"(\+?[0-9]{5,})[.,]00?")
_SCIENTIFIC = re.compile(r"[0-9]([.,][0-9]+)?[eE]\+?[0-9]+")
_BETWEEN_NUMBERS = re.compile(r"[/,;|\n]|\s[-–]\s|\bve\b")
_DOMAIN_AT_END = re.compile(r"[a-z]\.[a-z]{2,}$", re.I)
_E164 = re.compile(r"\+[1-9][0-9]{6,13}")


def parse_phone(spelling: str) -> tuple[str, bool]:
    """Parse a normalized, non-empty spelling: the number in E.164, and whether it is a mobile. Raises BadAddress."""
    if spelling[0].isalpha():
        spelling = _LABEL.sub("", spelling, count=1)
    if spelling.endswith("0") and (number := _FLOAT.fullmatch(spelling)):  # Excel's 5321234567.0
        spelling = number[1]
    compact = spelling.translate(_SEPARATORS)
    if turkish := _TURKISH.fullmatch(compact):
        national = turkish[1]
        if _MOBILE.fullmatch(national):
            return "+90" + national, True
        if _LANDLINE.fullmatch(national):
            return "+90" + national, False
    return _parse_unusual(spelling, compact)


def without_plus(address: str) -> str:
    """A canonical address as gateways take it: 905321234567, abroad 0049…; an e-mail as it is.

    A spreadsheet would take a plus sign for the beginning of a formula.
    """
    digits = address.removeprefix("+")
    return address if digits == address or "@" in address else digits if digits.startswith("90") else f"00{digits}"


def is_phone(text: str) -> bool:
    """Whether İYS accepts this text as a phone number (H121): E.164 in an assigned range, never +9005…"""
    if not _E164.fullmatch(text):
        return False
    if text.startswith("+90") and (_MOBILE.fullmatch(text, 3) or _LANDLINE.fullmatch(text, 3)):
        return True
    try:
        number = phonenumbers.parse(text)
    except NumberParseException:
        return False
    return phonenumbers.is_valid_number(number) and _e164(number) == text


def _parse_unusual(spelling: str, compact: str) -> tuple[str, bool]:
    if not compact:
        raise BadAddress(AddressProblem.EMPTY)
    if _SCIENTIFIC.fullmatch(spelling):
        raise BadAddress(AddressProblem.PHONE_SCIENTIFIC)
    if sum(_count_digits(part) >= 7 for part in _BETWEEN_NUMBERS.split(spelling)) > 1:
        raise BadAddress(AddressProblem.SEVERAL)
    if not re.fullmatch(r"\+?[0-9]+", compact):
        raise BadAddress(_problem_of_text(spelling))
    abroad = re.fullmatch(r"(?:\+00|\+|00)(?!90)([0-9]+)", compact)
    return _parse_foreign(abroad[1]) if abroad else _parse_turkish(compact)


def _problem_of_text(spelling: str) -> AddressProblem:
    if _DOMAIN_AT_END.search(spelling):
        return AddressProblem.EMAIL_NO_AT
    return AddressProblem.PHONE_CHARACTER if _count_digits(spelling) >= 7 else AddressProblem.UNKNOWN


def _parse_turkish(compact: str) -> tuple[str, bool]:
    national = re.sub(r"^(?:(?:\+00|\+|00)90|0?90(?=[0-9]{9}))?0?", "", compact)
    try:
        return _parse_by_library("+90" + national)
    except BadAddress as bad:
        if bad.problem == AddressProblem.PHONE_UNASSIGNED and len(national) != 10:
            raise BadAddress(
                AddressProblem.PHONE_TOO_SHORT if len(national) < 10 else AddressProblem.PHONE_TOO_LONG
            ) from None
        if not (compact.startswith("+") or national.startswith("5")):  # Its country is a guess.
            raise BadAddress(bad.problem) from None
        raise


def _parse_foreign(digits: str) -> tuple[str, bool]:
    # +532 123 45 67 is a number in Cuba, or a Turkish mobile without its 90; a wrong guess would ask a stranger.
    if _MOBILE.fullmatch(digits):
        raise BadAddress(AddressProblem.PHONE_COUNTRY_UNCLEAR)
    return _parse_by_library("+" + digits)


def _parse_by_library(international: str) -> tuple[str, bool]:
    try:
        number = phonenumbers.parse(international)
    except NumberParseException as error:
        raise BadAddress(_PROBLEM_OF_ERROR.get(error.error_type, AddressProblem.PHONE_TOO_SHORT)) from None
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.UNKNOWN:
        reason = phonenumbers.is_possible_number_with_reason(number)
        possible = _e164(number) if reason == ValidationResult.IS_POSSIBLE else None
        raise BadAddress(_PROBLEM_OF_LENGTH.get(reason, AddressProblem.PHONE_UNASSIGNED), possible)
    if kind == PhoneNumberType.PREMIUM_RATE:
        raise BadAddress(AddressProblem.PHONE_0900)
    if not phonenumbers.can_be_internationally_dialled(number):
        raise BadAddress(AddressProblem.PHONE_NATIONAL_ONLY)
    if len(_e164(number)) > LONGEST:
        raise BadAddress(AddressProblem.PHONE_TOO_LONG)
    return _e164(number), kind in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


_PROBLEM_OF_ERROR = {
    NumberParseException.INVALID_COUNTRY_CODE: AddressProblem.PHONE_COUNTRY,
    NumberParseException.TOO_LONG: AddressProblem.PHONE_TOO_LONG,
}
_PROBLEM_OF_LENGTH = {
    ValidationResult.TOO_SHORT: AddressProblem.PHONE_TOO_SHORT,
    ValidationResult.TOO_LONG: AddressProblem.PHONE_TOO_LONG,
}


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _count_digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def plain_number(number: str) -> str:
    """Its digits without the country and the leading zero: 908501234567 and 0850 123 45 67 are the same."""
    return _BEFORE_NATIONAL.sub("", "".join(filter(str.isdigit, number)))
