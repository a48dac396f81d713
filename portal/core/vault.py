"""Column encryption (AES-256-GCM) for whatever holds an address, and keyed blind indexes to find addresses by.

A sealed value is `version | key generation | nonce | ciphertext and tag`; version 2 deflates the text before. Its
associated data are its place (table.column), provider and row, so that it cannot be moved elsewhere unnoticed. While
keys rotate there are two generations: the first one seals, both open, and both index an address (two columns, for odd
and even generations).
"""

import hmac
import os
from datetime import timedelta
from functools import lru_cache

import structlog
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portal.core import compression

PLAIN, DEFLATED = VERSIONS = (1, 2)
# The columns with the most rows. None holds a secret: the length of a deflated value tells of what it holds.
DEFLATED_PLACES = {"attempt.answer", "push.body", "receipt.request_metadata", "submission.payload"}
NONCE_BYTES = 12
KEY_WAIT = timedelta(minutes=1)  # After which a queue looks again whether a missing key has come.

log = structlog.get_logger()


class CannotOpen(Exception):
    """A sealed value is damaged or was moved."""


class KeyMissing(Exception):
    """A value is sealed with a key generation that this process does not know: nothing is wrong with the value.

    No CannotOpen, so that nobody gives a value up for it: work on it waits, and a request is answered by 503.
    """


class Vault:
    """Encrypts and decrypts with one or two key generations ({generation: 32-byte master key}); the first one seals."""

    def __init__(self, keys: dict[int, bytes]):
        self.keys = keys
        self.generation = next(iter(keys))
        self._ciphers = {generation: AESGCM(_derive_key(key, b"seal")) for generation, key in keys.items()}

    def seal(self, plain: str | bytes, place: str, provider_id: int, row_id: int) -> bytes:
        """Encrypt for one place and row; text as UTF-8."""
        nonce, version = os.urandom(NONCE_BYTES), DEFLATED if place in DEFLATED_PLACES else PLAIN
        body = plain.encode() if isinstance(plain, str) else plain
        body = compression.deflate(body) if version == DEFLATED else body
        about = _associated_data(version, place, provider_id, row_id)
        sealed = self._ciphers[self.generation].encrypt(nonce, body, about)
        return bytes((version, self.generation)) + nonce + sealed

    def open(self, sealed: bytes, place: str, provider_id: int, row_id: int) -> bytes:
        """Decrypt. Raises CannotOpen and KeyMissing."""
        if len(sealed) <= 2 + NONCE_BYTES or sealed[0] not in VERSIONS:
            raise CannotOpen(place)
        cipher = self._ciphers.get(sealed[1])
        if cipher is None:
            log.error("vault.key_missing", generation=sealed[1], place=place)
            raise KeyMissing(f"{place}, generation {sealed[1]}")
        nonce, body = sealed[2 : 2 + NONCE_BYTES], sealed[2 + NONCE_BYTES :]
        try:
            plain = cipher.decrypt(nonce, body, _associated_data(sealed[0], place, provider_id, row_id))
            return compression.inflate(plain) if sealed[0] == DEFLATED else plain
        except Exception as error:  # InvalidTag has no message; the place helps.
            raise CannotOpen(place) from error

    def can_open(self, sealed: bytes, place: str, provider_id: int, row_id: int) -> bool:
        """Whether a value can be decrypted."""
        try:
            self.open(sealed, place, provider_id, row_id)
        except (CannotOpen, KeyMissing):
            return False
        return True

    def read(self, sealed: bytes, place: str, provider_id: int, row_id: int) -> str:
        """Decrypt text. Raises CannotOpen and KeyMissing."""
        return self.open(sealed, place, provider_id, row_id).decode()

    def is_current(self, sealed: bytes) -> bool:
        """Whether the key that seals now sealed it, so that key rotation may skip it."""
        return sealed[1:2] == bytes((self.generation,))

    def check_values(self) -> dict[int, str]:
        """By which each key is known again, by generation."""
        return {generation: _derive_key(key, b"check")[:16].hex() for generation, key in self.keys.items()}

    def indexes(self, provider_id: int, address: str) -> dict[str, bytes]:
        """Blind indexes of a canonical address by column: index_odd or index_even, both while keys rotate."""
        return {
            index_column(generation): hmac.digest(_index_key(key, provider_id), address.encode(), "sha256")
            for generation, key in self.keys.items()
        }


def index_column(generation: int) -> str:
    """The blind index column of a key generation."""
    return "index_odd" if generation % 2 else "index_even"


def _associated_data(version: int, place: str, provider_id: int, row_id: int) -> bytes:
    what = f"{place}|{provider_id}|{row_id}"
    return (what if version == PLAIN else f"{what}|{version}").encode()


@lru_cache(maxsize=1 << 16)  # A look-up at all providers needs the key of each.
def _index_key(key: bytes, provider_id: int) -> bytes:
    return _derive_key(key, b"index|%d" % provider_id)


def _derive_key(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"izinlink|" + purpose).derive(key)
