"""Reading values that İYS sent: of the type we expect, of a size we can keep, or nothing."""

LONGEST_TEXT = 255
LARGEST_NUMBER = 2**53  # What JSON keeps exactly.
MOST_DIGITS = 15


def number(value: object) -> int | None:
    """İYS writes codes as numbers and, in places, as strings of digits."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value) if len(value) <= MOST_DIGITS else None
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_NUMBER else None


def text(value: object) -> str:
    return value.replace("\x00", "")[:LONGEST_TEXT] if isinstance(value, str) else ""
