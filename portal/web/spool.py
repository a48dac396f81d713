"""Where an upload lies while it arrives: what does not fit into memory goes to disk enciphered, its key never.

A temporary file is without a name already, but its blocks stay on the disk; a file of consents is people's addresses.
"""

import io
import os
import tempfile

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from flask import Request

IN_MEMORY = 512 * 1024
BLOCK = 16


class SealingRequest(Request):
    """A request whose uploads are spooled so."""

    def _get_file_stream(self, total_content_length, content_type, filename=None, content_length=None):
        return io.BufferedRandom(SealedFile(), IN_MEMORY)


class SealedFile(io.RawIOBase):
    """A temporary file that is enciphered as it is written (AES-CTR, by position), with a key of its own.

    Nobody changes an upload once it is written; a changed byte would be enciphered with the same stream again.
    """

    def __init__(self):
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (it is closed as this is)
        self._key, self._nonce = os.urandom(32), int.from_bytes(os.urandom(BLOCK))

    def readable(self) -> bool:
        return True

    writable = seekable = readable

    def readinto(self, buffer) -> int:
        position = self._file.tell()
        got = self._file.read(len(buffer))
        buffer[: len(got)] = self._cross(position, got)
        return len(got)

    def write(self, plain) -> int:
        return self._file.write(self._cross(self._file.tell(), bytes(plain)))

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def truncate(self, size: int | None = None) -> int:
        return self._file.truncate(size)

    def close(self) -> None:
        self._file.close()
        super().close()

    def _cross(self, position: int, text: bytes) -> bytes:
        """From plain to sealed and back: both are the same step."""
        blocks, within = divmod(position, BLOCK)
        counter = (self._nonce + blocks) % (1 << 8 * BLOCK)
        stream = Cipher(AES(self._key), CTR(counter.to_bytes(BLOCK))).encryptor()
        return stream.update(bytes(within) + text)[within:]
