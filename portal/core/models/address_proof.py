"""Proofs that somebody holds an address: a six-digit code was sent there and entered. Not a consent."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.addresses import AddressKind
from portal.core.models.base import BlindIndexed, Entity, foreign_key


class Purpose(StrEnum):
    """What the address is proved for; a code is valid for one purpose only (KVKK 2025/1072)."""

    MINE = "mine"  # The overview of one's own consents.
    POINT = "point"  # Deciding at a consent point.
    SANDBOX = "sandbox"  # An address of a provider in sandbox mode's own people.


class AddressProof(BlindIndexed, Entity):
    """Encrypted and indexed for no provider (0): any number of providers may know the address. The message of its code
    has the same id."""

    __table_args__ = (
        Index("ix_address_proof_odd", "index_odd", "created_at"),
        Index("ix_address_proof_even", "index_even", "created_at"),
        Index("ix_address_proof_created", "created_at"),
        Index("ix_address_proof_brand", "brand_id", "created_at"),
        Index("ix_address_proof_prefix", "prefix_digest", "created_at"),
        Index("ix_address_proof_network", "network_digest", "created_at"),
    )

    ADDRESS = "address_proof.address"
    FACTS = "address_proof.facts"
    CODE_LIFETIME = timedelta(minutes=10)

    nonce: Mapped[int]  # 63 random bits, in the page's URL with the id.
    purpose: Mapped[Purpose]
    kind: Mapped[AddressKind]
    address: Mapped[bytes]  # Encrypted.
    language: Mapped[str] = mapped_column(String(2))
    code_digest: Mapped[bytes] = mapped_column(LargeBinary(32))  # HMAC of the code.
    prefix_digest: Mapped[bytes] = mapped_column(LargeBinary(32))  # HMAC of number block or mail domain.
    network_digest: Mapped[bytes] = mapped_column(LargeBinary(32))  # HMAC of the requester's network.
    brand_id: Mapped[int | None] = foreign_key("brand.id", index=False)  # Of the consent point, as campaign_id.
    campaign_id: Mapped[int | None] = foreign_key("campaign.id", index=False)
    sandbox_provider_id: Mapped[int | None] = foreign_key("provider.id")  # Whose people prove it.
    facts: Mapped[bytes | None]  # Encrypted JSON: the choices made before the address was entered.
    was_sent: Mapped[bool]  # False for an unknown address, which gets no message; the page is the same.
    tries: Mapped[int] = mapped_column(Integer, default=0)  # Wrong codes entered.
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]  # When the code expires.
    proved_at: Mapped[datetime | None]
    token_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)  # SHA-256 of the cookie.
    open_until: Mapped[datetime | None]  # When the session ends.
    ended_at: Mapped[datetime | None]  # Used, signed out, or too many tries.
