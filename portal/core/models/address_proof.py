"""That somebody has an address: a code of six digits was sent there, and came back. It proves that, and no consent."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.addresses import AddressKind
from portal.core.models.base import Base, BlindIndexed, PrimaryKey, enum_type, foreign_key


class Purpose(StrEnum):
    """What somebody proves it for; a code is good for one alone (KVKK 2025/1072)."""

    MINE = "mine"  # To see one's own consents.
    POINT = "point"  # To decide at a consent point.


class AddressProof(BlindIndexed, Base):
    """Sealed and indexed for no provider (0): the address may be known to many, or to none."""

    __tablename__ = "address_proof"
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

    id: Mapped[PrimaryKey]
    nonce: Mapped[int]  # 63 random bits, with the id in the page's address.
    purpose: Mapped[Purpose] = mapped_column(enum_type(Purpose, "purpose"))
    kind: Mapped[AddressKind] = mapped_column(enum_type(AddressKind, "kind"))
    address: Mapped[bytes]  # Sealed.
    language: Mapped[str] = mapped_column(String(2))
    code_digest: Mapped[bytes] = mapped_column(LargeBinary(32))  # Keyed.
    prefix_digest: Mapped[bytes] = mapped_column(LargeBinary(32))  # Keyed: of a block of numbers, or a mail domain.
    network_digest: Mapped[bytes] = mapped_column(LargeBinary(32))  # Keyed: of where it was asked from.
    brand_id: Mapped[int | None] = foreign_key("brand.id", index=False)  # Of the consent point.
    campaign_id: Mapped[int | None] = foreign_key("campaign.id", index=False)
    facts: Mapped[bytes | None]  # Sealed JSON: what was chosen before the address was asked for.
    was_sent: Mapped[bool]  # An unknown address gets no message; the page says the same.
    tries: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]  # Of the code.
    proved_at: Mapped[datetime | None]
    token_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)  # Of the cookie, once proved.
    open_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]  # Used up, left, or tried too often.
