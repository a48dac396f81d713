"""Encrypt uploads that do not fit into memory before they are spooled to disk; the key stays in memory.

A temporary file has no name, but its blocks stay on the disk, and a file of consents holds addresses.
"""

import io
import os
import tempfile
from typing import IO, Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from flask import Request

from portal.web.shared.body_limits import CountingParser

IN_MEMORY = 512 * 1024
BLOCK = 16


class EncryptingRequest(Request):
    form_data_parser_class = CountingParser

    def _get_file_stream(
        self, total_content_length: int | None, content_type: str | None, filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:  # fmt: skip
        return io.BufferedRandom(EncryptedFile(), IN_MEMORY)


class EncryptedFile(io.RawIOBase):
    """A temporary file encrypted as it is written (AES-CTR, by position), with a key of its own.

    An upload is written once: a byte written again would reuse the same key stream.
    """

    def __init__(self) -> None:
        with tempfile.TemporaryFile() as file:
            self._file = os.dup(file.fileno())
        self._position = 0
        self._key, self._nonce = os.urandom(32), int.from_bytes(os.urandom(BLOCK))

    def readable(self) -> bool:
        return True

    writable = seekable = readable

    def readinto(self, buffer: Any) -> int:
        got = os.pread(self._file, len(buffer), self._position)
        buffer[: len(got)] = self._apply_key_stream(got)
        self._position += len(got)
        return len(got)

    def write(self, plain: Any) -> int:
        written = os.pwrite(self._file, self._apply_key_stream(bytes(plain)), self._position)
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

    def _apply_key_stream(self, text: bytes) -> bytes:
        """Encrypt or decrypt: with CTR both are the same."""
        blocks, within = divmod(self._position, BLOCK)
        counter = (self._nonce + blocks) % (1 << 8 * BLOCK)
        stream = Cipher(AES(self._key), CTR(counter.to_bytes(BLOCK))).encryptor()
        return stream.update(bytes(within) + text)[within:]
