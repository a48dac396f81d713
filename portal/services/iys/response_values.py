"""Reading values that İYS sent: of the type we expect, of a size we can keep, or nothing."""

LONGEST_TEXT = 255
LONGEST_NAME = 40
LONGEST_TRANSACTION = 80
LARGEST_NUMBER = 2**53  # What JSON keeps exactly.
MOST_DIGITS = 15


def number(value: object) -> int | None:
    """İYS writes codes as numbers and, in places, as strings of digits."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value) if len(value) <= MOST_DIGITS else None
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_NUMBER else None


def text(value: object, longest: int = LONGEST_TEXT) -> str:
    """Without what no database keeps: NUL, and halves of a character."""
    return value.replace("\x00", "").encode(errors="ignore").decode()[:longest] if isinstance(value, str) else ""


def name(value: object, longest: int = LONGEST_NAME) -> str:
    """İYS's name of a list, an item or a transaction: digits and letters, were they written as a number."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return text(str(value) if is_number else value, longest)


def transaction_id(of: dict) -> str:
    """The proof that İYS holds what an answer speaks of; "" where it has none."""
    return name(of.get("transactionId"), LONGEST_TRANSACTION)


def rows(of: dict, name: str) -> list[dict]:
    """The objects of a list that an answer holds under a name; what else stands among them is passed by."""
    found = of.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
