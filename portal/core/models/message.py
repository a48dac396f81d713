"""An SMS or e-mail to a recipient, with its delivery state; sent by lease like every other outbox row."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base, BigId, PrimaryKey, enum_type, foreign_key


class MessageKind(StrEnum):
    """What it is about; templates/messages/ has a folder for each but the first, whose text its launch writes."""

    INVITATION = "invitation"  # Carries a link of a campaign.
    CONFIRMATION = "confirmation"  # Of a grant, the same day (Regulation art. 7).
    CODE = "code"  # Six digits that prove who has the address.
    COMPLAINT_SETTLED = "complaint_settled"


class MessageState(StrEnum):
    """What the gateway last said."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    FAILED = "failed"
    NOT_NEEDED = "not_needed"


CARRIES_LINK = text("kind = 'invitation'")
STILL_DUE = text("due_at IS NOT NULL")


class Message(Base):
    """To a recipient of a provider; or from the portal itself to an address that it may not know (`address`)."""

    __tablename__ = "message"
    __table_args__ = (
        # People who wait for an answer go before the links of a campaign, however many those are.
        Index("ix_message_due", "rank", "due_at", sqlite_where=STILL_DUE, postgresql_where=STILL_DUE),
        Index("uq_message_carried", "link_id", unique=True, sqlite_where=CARRIES_LINK, postgresql_where=CARRIES_LINK),
    )

    PLACE = "message.text"
    ADDRESS = "message.address"
    FACTS = "message.facts"

    id: Mapped[PrimaryKey]
    kind: Mapped[MessageKind] = mapped_column(enum_type(MessageKind, "kind"), default=MessageKind.INVITATION)
    rank: Mapped[int] = mapped_column(Integer, default=1)  # 0: somebody waits for it; 1: it may take its time.
    language: Mapped[str] = mapped_column(String(2), default="tr")
    provider_id: Mapped[int | None] = foreign_key("provider.id", index=False)  # None: the portal speaks for itself.
    campaign_id: Mapped[int | None] = foreign_key("campaign.id")
    recipient_id: Mapped[int | None] = foreign_key("recipient.id")
    link_id: Mapped[int | None] = mapped_column(BigId)
    receipt_id: Mapped[int | None] = mapped_column(BigId)
    address: Mapped[bytes | None]  # Sealed: where it goes, if to no recipient.
    facts: Mapped[bytes | None]  # Sealed JSON: what its text says, until that is written.
    text: Mapped[bytes | None]  # Sealed: it holds the link. A code's is never kept.
    state: Mapped[MessageState] = mapped_column(enum_type(MessageState, "state"), default=MessageState.WAITING)
    due_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]  # Later it would help nobody.
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
