"""DKIM (RFC 6376): keys, the DNS record that a domain publishes of them, and signatures over our mails."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field

import dkim
from cryptography.hazmat.primitives.asymmetric import rsa
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

    @property
    def record_name(self) -> str:
        """The DNS name of the TXT record."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        """The TXT record's text. One of RSA is longer than the 255 bytes of a DNS string: name servers split it."""
        public = load_pem_private_key(self.pem, None).public_key()
        value = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return f"v=DKIM1; k=rsa; p={base64.b64encode(value).decode()}"


def generate_rsa_key() -> bytes:
    """A key that every mail system verifies; PEM. Large ones don't verify Ed25519 (RFC 8463) yet."""
    key = rsa.generate_private_key(65537, RSA_BITS)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def sign(content: bytes, keys: Sequence[DkimKey]) -> bytes:
    """The mail with a signature of each key; without keys as it is (the relay may sign)."""
    return b"".join(_signature(content, key) for key in keys) + content


def _signature(content: bytes, key: DkimKey) -> bytes:
    signed: bytes = dkim.sign(
        content, key.selector.encode(), key.domain.encode(), key.pem, canonicalize=(b"relaxed", b"relaxed"),
        include_headers=list(SIGNED),
    )  # fmt: skip
    return signed
