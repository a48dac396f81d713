"""Reading values that İYS sent: of the type we expect, of a size we can keep, or nothing."""

MAX_TEXT = 255
MAX_NAME = 40
MAX_TRANSACTION_ID = 80
MAX_NUMBER = 2**53  # What JSON keeps exactly.
MAX_DIGITS = 15


def read_number(value: object) -> int | None:
    """İYS writes codes as numbers and, in places, as strings of digits."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value) if len(value) <= MAX_DIGITS else None
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_NUMBER else None


def read_text(value: object, longest: int = MAX_TEXT) -> str:
    """Without what no database keeps: NUL, and halves of a character."""
    return value.replace("\x00", "").encode(errors="ignore").decode()[:longest] if isinstance(value, str) else ""


def read_name(value: object, longest: int = MAX_NAME) -> str:
    """İYS's name of a list, an item or a transaction: digits and letters, were they written as a number."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return read_text(str(value) if is_number else value, longest)


def read_transaction_id(of: dict) -> str:
    """The proof that İYS holds what an answer speaks of; "" where it has none."""
    return read_name(of.get("transactionId"), MAX_TRANSACTION_ID)


def read_rows(of: dict, name: str) -> list[dict]:
    """The objects of a list that an answer holds under a name; what else stands among them is passed by."""
    found = of.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
