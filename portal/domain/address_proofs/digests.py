"""Codes, and digests that nobody without the portal's secrets can guess at: of addresses, codes, networks."""

import hashlib
import hmac
import secrets

from portal.core.addresses import Address, AddressKind
from portal.core.client_network import network_of
from portal.core.models import NO_PROVIDER, AddressProof
from portal.core.vault import Vault

IN_A_BLOCK = 4  # The last digits of a number: its block has ten thousand, and whoever pumps SMS rents them together.


def mailbox_indexes(vault: Vault, address: Address) -> dict[str, bytes]:
    """By which codes to an address are counted: a box that has many addresses is one, or it would be flooded."""
    return vault.indexes(NO_PROVIDER, address.reaches)


def new_code(digits: int) -> str:
    """A code to send, zeros in front of it included."""
    return f"{secrets.randbelow(10**digits):0{digits}d}"


def code_digest(secret: str, proof: AddressProof, code: str) -> bytes:
    """A code's digest, bound to its proof and to what it is for."""
    return keyed_digest(secret, f"code|{proof.id}|{proof.nonce}|{proof.purpose}|{code}")


def block_digest(secret: str, address: Address) -> bytes:
    """Of the ten thousand numbers around a number, or of a mail domain."""
    is_phone = address.kind == AddressKind.PHONE
    block = address.text[:-IN_A_BLOCK] if is_phone else address.text.rpartition("@")[2]
    return keyed_digest(secret, f"block|{address.kind}|{block}")


def network_digest(secret: str, address: str) -> bytes:
    """Of the /24 or /64 around a network address."""
    return keyed_digest(secret, f"network|{network_of(address)}")


def token_digest(token: str) -> bytes:
    """Of 256 random bits, which need no key."""
    return hashlib.sha256(token.encode()).digest()


def keyed_digest(secret: str, text: str) -> bytes:
    """SHA-256 of a text under the portal's secret."""
    return hmac.digest(secret.encode(), f"proof|{text}".encode(), "sha256")
