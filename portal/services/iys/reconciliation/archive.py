"""Compress and seal İYS's file of a day, as it came."""

import zlib

from portal.core.models import ReconciledDay
from portal.core.vault import Vault

FASTEST = 1  # Level of zlib: half of a file is transactionIds, which don't compress.


def seal_file(vault: Vault, body: bytes, provider_id: int, day_id: int) -> bytes:
    return vault.seal(zlib.compress(body, FASTEST), ReconciledDay.FILE, provider_id, day_id)


def open_file(vault: Vault, day: ReconciledDay) -> bytes:
    """The file of a day that has one, byte for byte. Raises CannotOpen."""
    assert day.file is not None
    return zlib.decompress(vault.open(day.file, ReconciledDay.FILE, day.provider_id, day.id))
