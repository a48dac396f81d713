"""DKIM (RFC 6376): keys, the DNS record that a domain publishes of them, and signatures over our mails."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import dkim
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

RSA_BITS = 2048
# The first is signed twice, so that nobody can add a second one.
SIGNED = (
    b"from", b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type",
    b"content-transfer-encoding", b"auto-submitted", b"list-unsubscribe", b"list-unsubscribe-post",
)  # fmt: skip


@dataclass(frozen=True)
class DkimKey:
    """A domain's private key (PEM, PKCS#8) under a selector."""

    domain: str
    selector: str
    pem: bytes = field(repr=False)

    @cached_property
    def private(self) -> PrivateKeyTypes:
        """The key, parsed once: that takes as long as five signatures."""
        return load_pem_private_key(self.pem, None)

    @property
    def record_name(self) -> str:
        """The DNS name of the TXT record."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        """The TXT record's text. One of RSA is longer than the 255 bytes of a DNS string: name servers split it."""
        public = self.private.public_key()
        if isinstance(public, ed25519.Ed25519PublicKey):
            kind, value = "ed25519", public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        else:
            kind, value = "rsa", public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return f"v=DKIM1; k={kind}; p={base64.b64encode(value).decode()}"


def generate_rsa_key() -> bytes:
    """A key that every mail system verifies; PEM."""
    return _pem(rsa.generate_private_key(65537, RSA_BITS))


def generate_ed25519_key() -> bytes:
    """A key of RFC 8463; PEM. Large mail systems don't verify it yet, so it signs beside an RSA key only."""
    return _pem(ed25519.Ed25519PrivateKey.generate())


def sign(content: bytes, keys: Sequence[DkimKey]) -> bytes:
    """The mail with a signature of each key; without keys as it is (the relay may sign)."""
    return b"".join(_signature(content, key) for key in keys) + content


def _pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _signature(content: bytes, key: DkimKey) -> bytes:
    secret, algorithm = key.pem, b"rsa-sha256"
    if isinstance(key.private, ed25519.Ed25519PrivateKey):
        secret, algorithm = base64.b64encode(key.private.private_bytes_raw()), b"ed25519-sha256"
    signed: bytes = dkim.sign(
        content, key.selector.encode(), key.domain.encode(), secret, canonicalize=(b"relaxed", b"relaxed"),
        signature_algorithm=algorithm, include_headers=list(SIGNED),
    )  # fmt: skip
    return signed
