"""Certificates that a list was checked before messages went out to it: signed as receipts are, with a type of their
own, and without an address.

A digest names the list: SHA-256 over UTF-8 lines that each end in a line feed, first the salt (32 hexadecimal digits),
then the distinct canonical addresses in the order of their bytes. Without the salt it would say whether an address
stands in a short list: all Turkish mobile numbers are tried in minutes. So the salt is given to who asked, beside the
certificate and never within it; who has both is trusted with the list.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portal.core import addresses
from portal.core.addresses import BadAddress
from portal.core.iys_protocol import Channel, RecipientType
from portal.core.models import Brand, Provider
from portal.domain.providers import sandbox_mode
from portal.domain.receipts.tokens import REGISTRIES, format_time

PROFILE = "izinlink-check-1"
SALT_BYTES = 16


@dataclass(frozen=True)
class CheckedList:
    """What was asked and answered. Each distinct address counts once, whatever the spellings that it came in."""

    number: int
    at: datetime
    channel: Channel
    recipient_type: RecipientType
    key_id: int  # Of the API's key that asked,
    key_hint: str  # and its last characters.
    rule_version: str
    counts: Mapping[str, int]  # Addresses by verdict: may, may_not, unknown.
    not_addresses: int  # Texts that are no address of the channel. The digest leaves them out.
    valid_until: datetime  # The first end of its answers: until then the list may be used.
    digest: str = field(repr=False)


def draw_salt() -> str:
    return secrets.token_hex(SALT_BYTES)


def find_canonical(text: str, channel: Channel) -> str | None:
    """The canonical address; None where the text is none, or the channel does not reach it."""
    try:
        address = addresses.parse(text)
    except BadAddress:
        return None
    return address.text if channel in address.channels else None


def digest_list(salt: str, canonical: Iterable[str]) -> str:
    """The digest of a list, in hexadecimal; repeated addresses count once."""
    lines = (salt, *sorted(set(canonical)))  # Canonical addresses are ASCII: the order is that of their bytes.
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def build_claims(checked: CheckedList, brand: Brand, provider: Provider, issuer: str) -> dict[str, Any]:
    """The claims of a certificate; `issuer` is the main URL of the portal that signs. Names of sandbox mode, which
    nobody has reviewed, are left out."""
    return {
        "iss": issuer,
        "iat": int(checked.at.timestamp()),
        "jti": str(checked.number),
        "profile": PROFILE,
        "check_time": format_time(checked.at),
        "valid_until": format_time(checked.valid_until),
        "sender": {
            "title": sandbox_mode.shown_name(provider.title, provider.iys_code), "iys_code": provider.iys_code,
            "brand": sandbox_mode.shown_name(brand.name, brand.brand_code), "brand_code": brand.brand_code,
        },
        "registry": REGISTRIES[sandbox_mode.find_destination(provider.iys_code, brand.brand_code)],
        "asked_by": {"kind": "api_key", "id": str(checked.key_id), "hint": checked.key_hint},
        "channel": checked.channel,
        "recipient_type": checked.recipient_type,
        "rule_version": checked.rule_version,
        "counts": dict(checked.counts),
        "not_addresses": checked.not_addresses,
        "list": {"digest_algorithm": "sha-256", "digest": checked.digest, "addresses": sum(checked.counts.values())},
    }  # fmt: skip
