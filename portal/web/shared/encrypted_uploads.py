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
        with tempfile.TemporaryFile() as file:
            self._file = os.dup(file.fileno())
        self._position = 0
        self._key, self._nonce = os.urandom(32), int.from_bytes(os.urandom(BLOCK))

    def readable(self) -> bool:
        return True

    writable = seekable = readable

    def readinto(self, buffer) -> int:
        got = os.pread(self._file, len(buffer), self._position)
        buffer[: len(got)] = self._cross(got)
        self._position += len(got)
        return len(got)

    def write(self, plain) -> int:
        written = os.pwrite(self._file, self._cross(bytes(plain)), self._position)
        self._position += written
        return written

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        from_where = {os.SEEK_CUR: self._position, os.SEEK_END: os.fstat(self._file).st_size}
        self._position = offset + from_where.get(whence, 0)
        return self._position

    def fileno(self) -> int:
        return self._file

    def close(self) -> None:
        if not self.closed:
            os.close(self._file)
        super().close()

    def _cross(self, text: bytes) -> bytes:
        """From plain to sealed and back: both are the same step."""
        blocks, within = divmod(self._position, BLOCK)
        counter = (self._nonce + blocks) % (1 << 8 * BLOCK)
        stream = Cipher(AES(self._key), CTR(counter.to_bytes(BLOCK))).encryptor()
        return stream.update(bytes(within) + text)[within:]
