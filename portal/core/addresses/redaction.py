"""Redact phone numbers and e-mail addresses in free text, for logs, audit facts and file names."""

import re

from portal.core.addresses import phones
from portal.core.addresses.masking import HIDDEN
from portal.core.addresses.normalization import normalize_spelling
from portal.core.addresses.problems import BadAddress

# Both start at word boundaries and don't backtrack (possessive), so they take linear time.
LIKE_AN_EMAIL = re.compile(r"(?<!\S)(?=\S\S)[^\s@]*+@\S*")
LIKE_A_PHONE = re.compile(r"\+?\d(?:[\s().,/\-]*+\d){6,}+")


def redact_addresses(text: str) -> str:
    """Redact everything that looks like a phone number or an e-mail address."""
    return LIKE_AN_EMAIL.sub(HIDDEN, LIKE_A_PHONE.sub(HIDDEN, normalize_spelling(text)))


def redact_certain_addresses(text: str) -> str:
    """Redact e-mail addresses and valid phone numbers only: other numbers stay, such as dates in a file's name."""
    return LIKE_AN_EMAIL.sub(HIDDEN, LIKE_A_PHONE.sub(_redact_if_phone, text))


def _redact_if_phone(found: re.Match[str]) -> str:
    try:
        phones.parse_phone(normalize_spelling(found[0]))
    except BadAddress:
        return found[0]
    return HIDDEN
