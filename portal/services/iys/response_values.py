"""Read values out of İYS's JSON: of the expected type and a size that can be stored, or nothing."""

from typing import Any

JsonObject = dict[str, Any]

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
    """A string without what no database stores (NUL, lone surrogates); "" for anything else."""
    return value.replace("\x00", "").encode(errors="ignore").decode()[:longest] if isinstance(value, str) else ""


def read_name(value: object, longest: int = MAX_NAME) -> str:
    """İYS's identifier of a list, an item or a transaction, as text even where it came as a number."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return read_text(str(value) if is_number else value, longest)


def read_transaction_id(answer: JsonObject) -> str:
    """The proof that İYS stored the consent; "" where the answer has none."""
    return read_name(answer.get("transactionId"), MAX_TRANSACTION_ID)


def read_rows(answer: JsonObject, name: str) -> list[JsonObject]:
    """The objects in a list of an answer; anything else in it is skipped."""
    found = answer.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
