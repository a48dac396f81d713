"""How many examples the dear generated tests make: a part of them each time, all of them in the long tests."""

import os

ALL = bool(os.environ.get("ALL_EXAMPLES"))
PART = 1 if ALL else 5


def some(count: int) -> int:
    """Of so many examples as many as there is time for."""
    return count // PART
