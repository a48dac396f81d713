"""Files of sealed records: each has its length, a checksum and sealed bytes, so that an end torn by a crash is known.

A record is sealed for its place in the file: none can be moved, or taken out of the middle, unnoticed.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from portal.core.models import NO_PROVIDER
from portal.core.vault import Vault

HEADER = struct.Struct(">II")  # Length of the sealed bytes, and their CRC-32.


class Torn(Exception):
    """The file ends within a record: whoever wrote it was stopped, and nobody was answered for that record."""


class Damaged(Exception):
    """A record in the middle is not what was written."""


def pack(vault: Vault, plain: bytes, place: str, offset: int) -> bytes:
    """The record that holds `plain`, to be written at this offset of its file."""
    sealed = vault.seal(zlib.compress(plain, 1), place, NO_PROVIDER, offset)
    return HEADER.pack(len(sealed), zlib.crc32(sealed)) + sealed


def read(path: Path, vault: Vault, place: str) -> Iterator[bytes]:
    """What the records hold. Raises Torn or Damaged after the last good one, CannotOpen and KeyMissing."""
    size, offset = path.stat().st_size, 0
    with path.open("rb") as file:
        while header := file.read(HEADER.size):
            length, checksum = HEADER.unpack(header) if len(header) == HEADER.size else (size, 0)
            end = offset + HEADER.size + length
            sealed = file.read(length) if end <= size else b""
            if not length or end > size or zlib.crc32(sealed) != checksum:
                is_last = end >= size or not any(header)  # A crash may leave zeros behind what was written.
                raise (Torn if is_last else Damaged)(f"{path}, byte {offset} of {size}")
            yield zlib.decompress(vault.open(sealed, place, NO_PROVIDER, offset))
            offset = end
