"""A receipt's number: sixteen of Crockford's letters, which people read aloud, write down and type again."""

import re

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
GROUP = 4
LONGEST = 60  # Characters that somebody may have typed, with whatever stands between the letters.

BETWEEN = re.compile(r"[\s\-‐‑‒–—−.·_/]+")
# What people write for another letter; ı and İ come from Turkish keyboards.
TAKEN_FOR = str.maketrans({"O": "0", "I": "1", "L": "1", "İ": "1", "ı": "1"})


def spelled(number: str) -> str:
    """As it is shown: XXXX-XXXX-XXXX-XXXX."""
    return "-".join(number[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def read(text: str) -> str | None:
    """The number that somebody typed, forgiving of case, of what stands between, and of letters that look alike; None
    where it is no number of a receipt."""
    if len(text) > LONGEST:
        return None
    letters = BETWEEN.sub("", text).translate(TAKEN_FOR).upper().translate(TAKEN_FOR)
    return letters if len(letters) == LENGTH and set(letters) <= set(LETTERS) else None
