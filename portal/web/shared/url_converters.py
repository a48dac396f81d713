"""Ids in URLs and forms: only what a BIGINT can hold."""

from werkzeug.routing import IntegerConverter, Map

LARGEST_ID = 2**63 - 1


class IdConverter(IntegerConverter):
    """An id that a row could have: a longer number leads nowhere, instead of breaking the database's question."""

    def __init__(self, url_map: Map):
        super().__init__(url_map, max=LARGEST_ID)


def parse_id(text: str) -> int | None:
    """The same for a form field; None for whatever no row could have."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(LARGEST_ID))
    return int(text) if is_number and int(text) <= LARGEST_ID else None
