"""An SMS or e-mail that carries a link, with its delivery state; sent by lease like every other outbox row."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, BigId, Key, to, word


class MessageState(StrEnum):
    """What the gateway last said."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    FAILED = "failed"
    NOT_NEEDED = "not_needed"


class Message(Base):
    __tablename__ = "message"
    __table_args__ = (Index("ix_message_due", "due_at"),)

    PLACE = "message.text"

    id: Mapped[Key]
    provider_id: Mapped[int] = to("provider.id", index=False)
    campaign_id: Mapped[int] = to("campaign.id")
    recipient_id: Mapped[int] = to("recipient.id")
    link_id: Mapped[int] = mapped_column(BigId, unique=True)
    text: Mapped[bytes]  # Sealed: it holds the link.
    state: Mapped[MessageState] = mapped_column(word(MessageState, "state"), default=MessageState.WAITING)
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
