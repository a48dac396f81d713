"""Addresses in clear, of rows that come in the order of their recipients or not."""

from portal.core.models import Recipient
from portal.core.vault import CannotOpen, Vault


class Addresses:
    """Opens one after another. Rows of one recipient often follow each other: the last one is kept."""

    def __init__(self, vault: Vault, provider_id: int):
        self._vault, self._provider_id = vault, provider_id
        self._last: tuple[int, str | None] = (0, None)

    def of(self, recipient_id: int, sealed: bytes) -> str | None:
        """The address; None where its seal is damaged: it must not keep back all others."""
        if self._last[0] != recipient_id:
            self._last = recipient_id, self._opened(recipient_id, sealed)
        return self._last[1]

    def _opened(self, recipient_id: int, sealed: bytes) -> str | None:
        try:
            return self._vault.read(sealed, Recipient.PLACE, self._provider_id, recipient_id)
        except CannotOpen:
            return None
