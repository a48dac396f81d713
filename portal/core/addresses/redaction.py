"""Free text of people, freed of the addresses that may stand in it: for places where none may ever stand."""

import re

from portal.core.addresses import phones
from portal.core.addresses.masking import HIDDEN
from portal.core.addresses.normalization import normalize_spelling
from portal.core.addresses.problems import BadAddress

# Each begins where a word does and gives nothing back, so that a long text takes no longer than it is long.
LIKE_AN_EMAIL = re.compile(r"(?<!\S)(?=\S\S)[^\s@]*+@\S*")
LIKE_A_PHONE = re.compile(r"\+?\d(?:[\s().,/\-]*+\d){6,}+")


def redact_addresses(text: str) -> str:
    """The same text with everything hidden in it that looks like a telephone number or an e-mail address."""
    return LIKE_AN_EMAIL.sub(HIDDEN, LIKE_A_PHONE.sub(HIDDEN, normalize_spelling(text)))


def redact_certain_addresses(text: str) -> str:
    """The same with only what surely is one hidden: dates and numbers stay, by which a file's name is known again."""
    return LIKE_AN_EMAIL.sub(HIDDEN, LIKE_A_PHONE.sub(_redact_if_phone, text))


def _redact_if_phone(found: re.Match) -> str:
    try:
        phones.parse_phone(normalize_spelling(found[0]))
    except BadAddress:
        return found[0]
    return HIDDEN
