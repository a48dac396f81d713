"""What may stand in an address where an id is expected."""

from werkzeug.routing import IntegerConverter, Map


class IdConverter(IntegerConverter):
    """An id that a row could have: a longer number leads nowhere, instead of breaking the database's question."""

    def __init__(self, url_map: Map):
        super().__init__(url_map, max=2**63 - 1)
