"""Find words and phrases in a text whatever its spelling, and tell them as they were written."""

import re
from collections.abc import Mapping
from typing import TypeVar

from portal.core.transliteration import ascii_only

Kind = TypeVar("Kind")


def find_words(text: str, patterns: Mapping[Kind, re.Pattern[str]]) -> list[tuple[str, Kind]]:
    """What these patterns, in plain small letters, find: each with its kind, in the order of the text.

    Call with a text of a bounded length. Where a letter becomes several ("₺"), the words are told in plain letters.
    """
    plain = ascii_only(text).lower()
    written = text if len(plain) == len(text) else plain
    found = [(match.span(), kind) for kind, pattern in patterns.items() for match in pattern.finditer(plain)]
    return [(written[start:end], kind) for (start, end), kind in sorted(found, key=lambda each: each[0])]
