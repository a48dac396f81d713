"""Free text of people, freed of the addresses that may stand in it: for places where none may ever stand."""

import re

from . import phones
from .masking import HIDDEN
from .problems import BadAddress
from .spelling import plain

LIKE_AN_ADDRESS = re.compile(r"\S+@\S*|\S*@\S+|\+?\d(?:[\s().,/\-]*\d){6,}")


def hide_in(text: str) -> str:
    """The same text with everything hidden in it that looks like a telephone number or an e-mail address."""
    return LIKE_AN_ADDRESS.sub(HIDDEN, plain(text))


def hide_certain_in(text: str) -> str:
    """The same with only what surely is one hidden: dates and numbers stay, by which a file's name is known again."""
    return LIKE_AN_ADDRESS.sub(_hidden, text)


def _hidden(found: re.Match) -> str:
    if "@" not in found[0]:
        try:
            phones.read(plain(found[0]))
        except BadAddress:
            return found[0]
    return HIDDEN
