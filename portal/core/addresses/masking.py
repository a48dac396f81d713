"""Mask addresses for display: the owner recognises theirs, nobody else learns it."""

import re

import phonenumbers
from phonenumbers import NumberParseException

HIDDEN = "•••"
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
