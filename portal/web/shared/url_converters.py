"""Ids in URLs: only what a BIGINT can hold."""

from werkzeug.routing import IntegerConverter, Map

from portal.core.ids import LARGEST_ID


class IdConverter(IntegerConverter):
    """An id that a row could have: a longer number leads nowhere, instead of breaking the database's question."""

    def __init__(self, url_map: Map):
        super().__init__(url_map, max=LARGEST_ID)
