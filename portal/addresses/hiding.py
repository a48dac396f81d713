"""Free text of people, freed of the addresses that may stand in it: for places where none may ever stand."""

import re

from .masking import HIDDEN
from .spelling import plain

LIKE_AN_ADDRESS = re.compile(r"\S+@\S*|\S*@\S+|\+?\d(?:[\s().,/\-]*\d){6,}")


def hide_in(text: str) -> str:
    """The same text with everything hidden in it that looks like a telephone number or an e-mail address."""
    return LIKE_AN_ADDRESS.sub(HIDDEN, plain(text))
