"""The file of a day as İYS gave it, compressed and sealed; its hash proves that what is opened is what came."""

import zlib

from portal.core.models import ReconciledDay
from portal.core.vault import Vault

FASTEST = 1  # Half of a file is transactionIds, which nothing makes smaller.


def seal_file(vault: Vault, body: bytes, provider_id: int, day_id: int) -> bytes:
    """A file, to be kept in its day's row."""
    return vault.seal(zlib.compress(body, FASTEST), ReconciledDay.FILE, provider_id, day_id)


def open_file(vault: Vault, day: ReconciledDay) -> bytes:
    """The file of a day, byte for byte. Raises CannotOpen."""
    return zlib.decompress(vault.open(day.file, ReconciledDay.FILE, day.provider_id, day.id))
