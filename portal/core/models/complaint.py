"""Complaints at the support desk (unwanted messages, erasure of data) and the steps taken."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Index, String, or_
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.iys_protocol.enums import Channel
from portal.core.models.base import BigId, Entity, foreign_key, partial_index


class ComplaintKind(StrEnum):
    STILL_RECEIVING = "still_receiving"
    ERASURE = "erasure"  # Of personal data (KVKK art. 11), answered within 30 days.


class Finding(StrEnum):
    """How the message's date compares with the recorded refusal."""

    AFTER_REFUSAL = "after_refusal"  # After the refusal's three business days: unlawful.
    WITHIN_TERM = "within_term"  # Within the three business days after the refusal.
    BEFORE_REFUSAL = "before_refusal"
    NO_REFUSAL = "no_refusal"


class Closing(StrEnum):
    """Why a complaint was closed, as told to the person."""

    STOPPED = "stopped"  # The messages were the provider's, and were stopped.
    NOT_OURS = "not_ours"  # Another sender's.
    WITHIN_TERM = "within_term"
    NO_CONSENT_NEEDED = "no_consent_needed"  # Not commercial: about an order, debt or duty (Regulation art. 6).
    ERASED = "erased"
    NOTHING_HELD = "nothing_held"
    OTHER = "other"  # The answer says what.


class StepAct(StrEnum):
    OPENED = "opened"
    ADDED = "added"  # The person added a message.
    NOTED = "noted"  # Internal.
    PUT_OFF = "put_off"  # New due date and why. Internal.
    ANSWERED = "answered"
    REFUSED = "refused"  # On the person's behalf.
    CLOSED = "closed"
    REOPENED = "reopened"
    REMINDED = "reminded"  # The desk was notified: new, nearly due or overdue. Internal.


class Complaint(Entity):
    __table_args__ = (
        Index("ix_complaint_desk", "provider_id", "closed_at", "due_at"),
        partial_index("ix_complaint_unread", "recipient_id", where="unread_since IS NOT NULL"),
    )

    HEADER, TEXT, PICTURE = "complaint.header", "complaint.text", "complaint.picture"

    nonce: Mapped[int]  # 63 random bits, so that the status page's URL cannot be guessed.
    kind: Mapped[ComplaintKind]
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    brand_id: Mapped[int | None] = foreign_key("brand.id", index=False)
    recipient_id: Mapped[int] = foreign_key("recipient.id")
    receipt_id: Mapped[int | None] = mapped_column(BigId)
    language: Mapped[str] = mapped_column(String(2))
    channel: Mapped[Channel | None]
    header: Mapped[bytes | None]  # Encrypted: the sender named in the message.
    came_at: Mapped[datetime | None]  # When the message arrived, according to the person.
    text: Mapped[bytes | None]  # Encrypted: the whole message.
    picture: Mapped[bytes | None]  # Encrypted: a PNG, re-encoded from the upload.
    finding: Mapped[Finding | None]
    due_at: Mapped[datetime]
    closing: Mapped[Closing | None]
    closed_at: Mapped[datetime | None]
    proved_at: Mapped[datetime | None]  # When its address was first proved by a code; whoever opened it may lack one.
    unread_since: Mapped[datetime | None]  # Since then its person's words wait that may refuse: no staff has read them.
    created_at: Mapped[datetime]

    @property
    def has_words(self) -> bool:
        """Whether its report says anything beside when and how the message came."""
        return any(each is not None for each in (self.header, self.text, self.picture))

    @property
    def waits(self) -> bool:
        """Whether its desk has something to do."""
        return self.closed_at is None or self.unread_since is not None

    @classmethod
    def waits_at_desk(cls) -> ColumnElement[bool]:
        """The condition for `waits`. Processes of an earlier release close cases with unread words, too."""
        return or_(cls.closed_at.is_(None), cls.unread_since.is_not(None))


class ComplaintStep(Entity):
    """One step of a complaint. Append-only."""

    PLACE = "complaint_step.text"

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    complaint_id: Mapped[int] = foreign_key("complaint.id")
    at: Mapped[datetime]
    act: Mapped[StepAct]
    user_id: Mapped[int | None] = mapped_column(BigId)  # None: the person or the portal.
    text: Mapped[bytes | None]  # Encrypted: a note or the answer.
