"""Mask addresses for display (the owner recognises theirs, nobody else learns it), and redact them in free text for
logs, audit facts and file names."""

import re

import phonenumbers
from phonenumbers import NumberParseException

from portal.core.addresses import phones
from portal.core.addresses.normalization import normalize_spelling
from portal.core.addresses.problems import BadAddress

HIDDEN = "•••"
# Both start at word boundaries and don't backtrack (possessive), so they take linear time.
LIKE_AN_EMAIL = re.compile(r"(?<!\S)(?=\S\S)[^\s@]*+@\S*")
LIKE_A_PHONE = re.compile(r"\+?\d(?:[\s().,/\-]*+\d){6,}+")
SHORTEST_SHOWN = 7  # Shorter foreign numbers are hidden: three digits would be half of them.


def mask(text: str) -> str:
    """Mask a canonical address as `+90 5•• ••• •• 67` or `a•••@e•••.com`; anything else is hidden."""
    if "@" in text:
        return _mask_email(text)
    if re.fullmatch(r"\+90[0-9]{10}", text):
        return f"+90 {text[3]}•• ••• •• {text[-2:]}"
    if re.fullmatch(r"\+[0-9]{7,14}", text):
        return _mask_foreign(text)
    return HIDDEN


def redact_addresses(text: str) -> str:
    """Redact everything that looks like a phone number or an e-mail address."""
    return LIKE_AN_EMAIL.sub(HIDDEN, LIKE_A_PHONE.sub(HIDDEN, normalize_spelling(text)))


def redact_certain_addresses(text: str) -> str:
    """Redact e-mail addresses and valid phone numbers only: other numbers stay, such as dates in a file's name."""
    return LIKE_AN_EMAIL.sub(HIDDEN, LIKE_A_PHONE.sub(_redact_if_phone, text))


def _mask_email(text: str) -> str:
    local, _, domain = text.rpartition("@")
    name, dot, top = domain.rpartition(".")
    if not (local and name and top):
        return HIDDEN
    return f"{local[0] if len(local) > 1 else ''}{HIDDEN}@{name[0]}{HIDDEN}{dot}{top}"


def _mask_foreign(text: str) -> str:
    try:
        country = f"+{phonenumbers.parse(text).country_code}"
    except NumberParseException:
        return HIDDEN
    national = text[len(country) :]
    if len(national) < SHORTEST_SHOWN:
        return f"{country} {HIDDEN}"
    return f"{country} {national[0]}{'•' * (len(national) - 3)} {national[-2:]}"


def _redact_if_phone(found: re.Match[str]) -> str:
    try:
        phones.parse_phone(normalize_spelling(found[0]))
    except BadAddress:
        return found[0]
    return HIDDEN
