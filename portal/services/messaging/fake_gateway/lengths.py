"""Parts of a text as a vendor bills them, and the text as an operator delivers it."""

from portal.core import sms_parts
from portal.core.sms_parts import Alphabet
from portal.core.transliteration import ascii_only

OPERATOR_CODE = " B038"
MOST_PARTS = 7


def carried(text: str, alphabet: Alphabet | None) -> str:
    """The text in this alphabet, in plain letters where it lacks one; None is an alphabet that fits."""
    fits = alphabet is None or sms_parts.count(text, alphabet) is not None
    return text if fits else ascii_only(text)


def parts(text: str, alphabet: Alphabet | None, *, with_operator_code: bool = False) -> int:
    """Parts of a text in this alphabet, or in the cheapest."""
    text = carried(text, alphabet)
    cost = alphabet and sms_parts.count(text, alphabet, with_operator_code=with_operator_code)
    return (cost or sms_parts.cheapest(text, with_operator_code=with_operator_code)).parts


def arriving(text: str, alphabet: Alphabet | None) -> str:
    """The text as a phone shows it, with the operator's code."""
    return carried(text, alphabet) + OPERATOR_CODE
