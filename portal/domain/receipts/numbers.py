"""Format and parse a receipt's number: 16 letters of Crockford's base 32, read aloud, written down and typed again."""

import re

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
GROUP = 4
MAX_TYPED = 60  # Characters, with whatever stands between the letters.

SEPARATORS = re.compile(r"[\s\-‐‑‒–—−.·_/]+")
# Look-alike letters; ı and İ come from Turkish keyboards.
LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "İ": "1", "ı": "1"})


def format_number(number: str) -> str:
    """As it is shown: XXXX-XXXX-XXXX-XXXX."""
    return "-".join(number[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def parse_number(text: str) -> str | None:
    """The number that somebody typed, whatever its case, separators and look-alike letters; None where it is none."""
    if len(text) > MAX_TYPED:
        return None
    letters = SEPARATORS.sub("", text).translate(LOOKALIKES).upper().translate(LOOKALIKES)
    return letters if len(letters) == LENGTH and set(letters) <= set(LETTERS) else None
