"""Read the rows of an export page by page along an index, and decrypt their addresses."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row, Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.core.models import Recipient
from portal.core.vault import CannotOpen, Vault

A_PAGE = 2000

Rows = Sequence[Row[*tuple[Any, ...]]]


def read_pages(session: Session, rows: Select[*tuple[Any, ...]], *order: InstrumentedAttribute[Any]) -> Iterator[Rows]:
    """Keyset pagination: one statement a page, which goes on after the last row. The statement selects `order`, too."""
    page = rows.order_by(*order).limit(A_PAGE)
    found = session.execute(page).all()
    while found:
        yield found
        last = [getattr(found[-1], column.key) for column in order]
        found = session.execute(page.where(tuple_(*order) > tuple(last))).all()


class AddressReader:
    """Decrypts one address after another. It keeps the last one, as rows of one recipient often follow each other."""

    def __init__(self, vault: Vault, provider_id: int):
        self._vault, self._provider_id = vault, provider_id
        self._last: tuple[int, str | None] = (0, None)

    def read(self, recipient_id: int, sealed: bytes) -> str | None:
        """The address; None where it cannot be opened, so that one damaged value does not stop the export."""
        if self._last[0] != recipient_id:
            self._last = recipient_id, self._open(recipient_id, sealed)
        return self._last[1]

    def _open(self, recipient_id: int, sealed: bytes) -> str | None:
        try:
            return self._vault.read(sealed, Recipient.PLACE, self._provider_id, recipient_id)
        except CannotOpen:
            return None
