"""One address of one provider, sealed; and the head of each of its consents."""

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.addresses import AddressKind
from portal.core.iys_protocol.enums import Channel, RecipientType, Status
from portal.core.models.base import Base, BigId, BlindIndexed, PrimaryKey, enum_type, foreign_key

IS_REASSIGNED = text("reassigned_at IS NOT NULL")


class Recipient(BlindIndexed, Base):
    __tablename__ = "recipient"
    __table_args__ = (
        UniqueConstraint("provider_id", "index_odd"),
        UniqueConstraint("provider_id", "index_even"),
        Index(
            "ix_recipient_disowned",
            "provider_id",
            "reassigned_at",
            sqlite_where=IS_REASSIGNED,
            postgresql_where=IS_REASSIGNED,
        ),
    )

    PLACE = "recipient.address"

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    kind: Mapped[AddressKind] = mapped_column(enum_type(AddressKind, "kind"))
    address: Mapped[bytes]  # Sealed.
    reassigned_at: Mapped[datetime | None]  # Who has it now said it is not the other's; what was before is not theirs.
    created_at: Mapped[datetime]


class Consent(Base):
    """The head of one key: the decision that counts now, and what İYS last said it holds."""

    __tablename__ = "consent"
    __table_args__ = (UniqueConstraint("brand_id", "recipient_id", "channel", "recipient_type"),)

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    brand_id: Mapped[int] = foreign_key("brand.id", index=False)
    recipient_id: Mapped[int] = foreign_key("recipient.id")
    channel: Mapped[Channel] = mapped_column(enum_type(Channel, "channel"))
    recipient_type: Mapped[RecipientType] = mapped_column(enum_type(RecipientType, "recipient_type"))
    decision_id: Mapped[int | None] = mapped_column(BigId)
    status: Mapped[Status | None] = mapped_column(enum_type(Status, "status"))
    consent_date: Mapped[datetime | None]  # Of the head; the next one must be later.
    effective_at: Mapped[datetime | None]
    iys_status: Mapped[str | None] = mapped_column(String(10))
    iys_as_of: Mapped[datetime | None]

    @hybrid_property
    def may_send(self) -> bool:
        """A message may go out only where the person's last word and İYS both say ONAY."""
        return (self.status == Status.GRANTED) & (self.iys_status == Status.GRANTED.value)
