"""Outbox of SMS and e-mails to recipients, with their delivery state; sent by lease."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base, BigId, PrimaryKey, enum_type, foreign_key


class MessageKind(StrEnum):
    """Each has a folder in templates/messages/."""

    INVITATION = "invitation"  # With a link of a campaign; its launch writes the text.
    CONFIRMATION = "confirmation"  # Of a grant, on the same day (Regulation art. 7).
    CODE = "code"  # Six digits to prove an address.
    COMPLAINT_SETTLED = "complaint_settled"


class MessageState(StrEnum):
    """The gateway's last report."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    FAILED = "failed"
    NOT_NEEDED = "not_needed"


CARRIES_LINK = text("kind = 'invitation'")
STILL_DUE = text("due_at IS NOT NULL")


class Message(Base):
    """To a recipient of a provider, or from the portal itself to an `address`."""

    __tablename__ = "message"
    __table_args__ = (
        # Messages that people wait for go before the links of campaigns.
        Index("ix_message_due", "rank", "due_at", sqlite_where=STILL_DUE, postgresql_where=STILL_DUE),
        Index("uq_message_carried", "link_id", unique=True, sqlite_where=CARRIES_LINK, postgresql_where=CARRIES_LINK),
    )

    PLACE = "message.text"
    ADDRESS = "message.address"
    FACTS = "message.facts"

    id: Mapped[PrimaryKey]
    kind: Mapped[MessageKind] = mapped_column(enum_type(MessageKind, "kind"), default=MessageKind.INVITATION)
    rank: Mapped[int] = mapped_column(Integer, default=1)  # 0: somebody waits for it; 1: not urgent.
    language: Mapped[str] = mapped_column(String(2), default="tr")
    provider_id: Mapped[int | None] = foreign_key("provider.id", index=False)  # None: from the portal itself.
    campaign_id: Mapped[int | None] = foreign_key("campaign.id")
    recipient_id: Mapped[int | None] = foreign_key("recipient.id")
    link_id: Mapped[int | None] = mapped_column(BigId)
    receipt_id: Mapped[int | None] = mapped_column(BigId)
    address: Mapped[bytes | None]  # Encrypted: the destination if there is no recipient.
    facts: Mapped[bytes | None]  # Encrypted JSON: the template's variables, until it is rendered.
    text: Mapped[bytes | None]  # Encrypted, since it holds the link. Never stored for codes.
    state: Mapped[MessageState] = mapped_column(enum_type(MessageState, "state"), default=MessageState.WAITING)
    due_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]  # Not sent later.
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
