"""Files of sealed records: each has a marker, its length, a checksum and sealed bytes, so that an end torn by a crash
is known, and what stands behind damage is found.

A record is sealed for its place in the file: none can be moved, or taken out of the middle, unnoticed.
"""

import mmap
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from portal.core.models import NO_PROVIDER
from portal.core.vault import CannotOpen, Vault

MARKER = b"\xa7izR"
HEADER = struct.Struct(">4sII")  # The marker, the length of the sealed bytes, and the CRC-32 of length and bytes.
TAG = 16  # The seal's last bytes, which are never all zeros.


class TruncatedRecord(Exception):
    """The file ends within its last record: whoever wrote it was stopped, or the disk was full."""


class CorruptRecords(Exception):
    """What stands between two places of the file is not what was written there."""


def pack(vault: Vault, plain: bytes, place: str, offset: int) -> bytes:
    """The record that holds `plain`, to be written at this offset of its file."""
    sealed = vault.seal(zlib.compress(plain, 1), place, NO_PROVIDER, offset)
    return HEADER.pack(MARKER, len(sealed), _checksum(sealed)) + sealed


def _checksum(sealed: bytes) -> int:
    return zlib.crc32(sealed, len(sealed))


def _raise(problem: Exception) -> None:
    raise problem


def read(
    path: Path, vault: Vault, place: str, on_problem: Callable[[Exception], None] = _raise
) -> Iterator[tuple[int, bytes]]:
    """The records: where each begins, and what it holds. `on_problem` is given a TruncatedRecord, or CorruptRecords for
    each part without any that opens; where it returns, the next record is sought behind. Raises KeyMissing."""
    if not (size := path.stat().st_size):
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        offset, bad_from = 0, None
        while offset < size:
            plain, end = _open_record(content, offset, vault, place)
            if plain is None:
                bad_from = offset if bad_from is None else bad_from
                found = content.find(MARKER, offset + 1)
                offset = size if found < 0 else found
                continue
            if bad_from is not None:
                on_problem(CorruptRecords(f"{path}, byte {bad_from} to {offset} of {size}"))
                bad_from = None
            yield offset, plain
            offset = end
        if bad_from is not None:
            kind = TruncatedRecord if _is_torn(content[bad_from:]) else CorruptRecords
            on_problem(kind(f"{path}, byte {bad_from} to {size} of {size}"))


def read_at(file: BinaryIO, offset: int, vault: Vault, place: str) -> bytes:
    """What the record holds that `read` found there."""
    file.seek(offset)
    _, length, _ = HEADER.unpack(file.read(HEADER.size))
    return zlib.decompress(vault.open(file.read(length), place, NO_PROVIDER, offset))


def _open_record(content: mmap.mmap, offset: int, vault: Vault, place: str) -> tuple[bytes | None, int]:
    """What the record at this offset holds, None if none that opens is there, and where it ends."""
    header = content[offset : offset + HEADER.size]
    marker, length, checksum = HEADER.unpack(header) if len(header) == HEADER.size else (b"", 0, 0)
    end = offset + HEADER.size + length
    if marker != MARKER or end > len(content):
        return None, end
    sealed = content[offset + HEADER.size : end]
    if _checksum(sealed) != checksum:
        return None, end
    try:
        return zlib.decompress(vault.open(sealed, place, NO_PROVIDER, offset)), end
    except CannotOpen:
        return None, end


def _is_torn(rest: bytes) -> bool:
    """Whether a file's end is the beginning of one record; a crash may leave zeros behind what was written."""
    written = rest.rstrip(b"\0")
    if len(written) <= HEADER.size:
        return MARKER.startswith(written[: len(MARKER)])
    marker, length, checksum = HEADER.unpack(rest[: HEADER.size])
    sealed = rest[HEADER.size :]
    if marker != MARKER or MARKER in sealed or _checksum(sealed) == checksum:  # The latter: its length was changed.
        return False
    return len(sealed) < length or not any(sealed[length - TAG :])
