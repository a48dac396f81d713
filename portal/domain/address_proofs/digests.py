"""Codes, and digests of codes, addresses and networks, keyed so that they cannot be guessed."""

import hashlib
import hmac
import secrets

from portal.core.addresses import Address, AddressKind
from portal.core.client_network import network_of
from portal.core.models import NO_PROVIDER, AddressProof
from portal.core.vault import Vault

BLOCK_DIGITS = 4  # Last digits of a number; SMS pumpers rent blocks of ten thousand numbers.


def mailbox_indexes(vault: Vault, address: Address) -> dict[str, bytes]:
    """The blind indexes by which codes are counted: a mailbox with many addresses counts as one."""
    return vault.indexes(NO_PROVIDER, address.reaches)


def new_code(digits: int) -> str:
    """A random code with leading zeros."""
    return f"{secrets.randbelow(10**digits):0{digits}d}"


def code_digest(secret: str, proof: AddressProof, code: str) -> bytes:
    """The digest of a code, bound to its proof and purpose."""
    return keyed_digest(secret, f"code|{proof.id}|{proof.nonce}|{proof.purpose}|{code}")


def block_digest(secret: str, address: Address) -> bytes:
    """The digest of a number's block of ten thousand, or of a mail domain."""
    is_phone = address.kind == AddressKind.PHONE
    block = address.text[:-BLOCK_DIGITS] if is_phone else address.text.rpartition("@")[2]
    return keyed_digest(secret, f"block|{address.kind}|{block}")


def network_digest(secret: str, address: str) -> bytes:
    """The digest of the /24 or /64 around a network address."""
    return keyed_digest(secret, f"network|{network_of(address)}")


def token_digest(token: str) -> bytes:
    """The digest of a token, whose 256 random bits need no key."""
    return hashlib.sha256(token.encode()).digest()


def keyed_digest(secret: str, text: str) -> bytes:
    """HMAC-SHA-256 of a text under the portal's secret."""
    return hmac.digest(secret.encode(), f"proof|{text}".encode(), "sha256")
