"""What providers asked before they sent messages by other systems, and what they then sent, as they report it."""

from datetime import datetime

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.iys_protocol.enums import Channel, RecipientType
from portal.core.models.base import BigId, Entity, foreign_key


class AddressCheck(Entity):
    """A list that was checked before sending; its id is the number of its certificate. It holds no address, but knows
    by salted digests which ones were asked about. Database triggers refuse to change or delete it."""

    __table_args__ = (Index("ix_address_check_brand_id_checked_at", "brand_id", "checked_at"),)

    SALT = "address_check.salt"

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    brand_id: Mapped[int] = foreign_key("brand.id", index=False)
    key_id: Mapped[int] = foreign_key("api_key.id", index=False)
    channel: Mapped[Channel]
    recipient_type: Mapped[RecipientType]
    may: Mapped[int] = mapped_column(Integer)  # Distinct addresses by verdict.
    may_not: Mapped[int] = mapped_column(Integer)
    unknown: Mapped[int] = mapped_column(Integer)
    salt: Mapped[bytes]  # Encrypted.
    digests: Mapped[bytes] = mapped_column(deferred=True)  # Of those that may, may not, are unknown, in this order.
    checked_at: Mapped[datetime]
    valid_until: Mapped[datetime]


class ReportedSend(Entity):
    """A message that a provider says it sent by another system. Database triggers refuse to change or delete it."""

    __table_args__ = (Index("uq_reported_send_message", "recipient_id", "brand_id", "channel", "sent_at", unique=True),)

    CAMPAIGN = "reported_send.campaign"

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    brand_id: Mapped[int] = foreign_key("brand.id", index=False)
    recipient_id: Mapped[int] = foreign_key("recipient.id", index=False)
    channel: Mapped[Channel]
    recipient_type: Mapped[RecipientType]
    campaign: Mapped[bytes | None]  # Encrypted: the provider's name or reference.
    sent_at: Mapped[datetime]
    reported_at: Mapped[datetime]
    request_id: Mapped[int] = mapped_column(BigId)  # The ApiRequest that told of it.
    check_id: Mapped[int | None] = mapped_column(BigId)  # The last AddressCheck before it, valid then, that asked.
    check_verdict: Mapped[str | None] = mapped_column(String(10))  # What it answered: may_send.Verdict, or UNSEARCHED.
