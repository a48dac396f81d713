"""A case on the desk: somebody still gets messages, or wants to be forgotten; and every step that was taken."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.iys_protocol.enums import Channel
from portal.core.models.base import Base, BigId, PrimaryKey, enum_type, foreign_key


class ComplaintKind(StrEnum):
    """What the person wants."""

    STILL_RECEIVING = "still_receiving"
    ERASURE = "erasure"  # Of personal data (KVKK art. 11), answered within 30 days.


class Finding(StrEnum):
    """How a message compares with the refusal and the clock, as far as we hold both."""

    AFTER_REFUSAL = "after_refusal"  # It came when the refusal had to be obeyed.
    WITHIN_TERM = "within_term"  # After the refusal, within its three business days.
    BEFORE_REFUSAL = "before_refusal"
    NO_REFUSAL = "no_refusal"


class Closing(StrEnum):
    """Why a case is closed; the person reads it in words."""

    STOPPED = "stopped"  # It was ours, and was stopped.
    NOT_OURS = "not_ours"  # Another sender's.
    WITHIN_TERM = "within_term"
    NO_CONSENT_NEEDED = "no_consent_needed"  # Not commercial: of an order, a debt, a duty (Regulation art. 6).
    ERASED = "erased"
    NOTHING_HELD = "nothing_held"
    OTHER = "other"  # The answer says what.


class StepAct(StrEnum):
    """What was done."""

    OPENED = "opened"
    ADDED = "added"  # A further word of the person's.
    NOTED = "noted"  # Among staff only.
    PUT_OFF = "put_off"  # Another due date, and why: among staff only.
    ANSWERED = "answered"
    REFUSED = "refused"  # On the person's behalf.
    CLOSED = "closed"
    REOPENED = "reopened"
    REMINDED = "reminded"  # The desk was told: it is new, its due date is near, or that is over. Among staff only.


class Complaint(Base):
    __tablename__ = "complaint"
    __table_args__ = (Index("ix_complaint_desk", "provider_id", "closed_at", "due_at"),)

    HEADER, TEXT, PICTURE = "complaint.header", "complaint.text", "complaint.picture"

    id: Mapped[PrimaryKey]
    nonce: Mapped[int]  # 63 random bits: the status page's address cannot be guessed.
    kind: Mapped[ComplaintKind] = mapped_column(enum_type(ComplaintKind, "kind"))
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    brand_id: Mapped[int | None] = foreign_key("brand.id", index=False)
    recipient_id: Mapped[int] = foreign_key("recipient.id")
    receipt_id: Mapped[int | None] = mapped_column(BigId)
    language: Mapped[str] = mapped_column(String(2))
    channel: Mapped[Channel | None] = mapped_column(enum_type(Channel, "channel"))
    header: Mapped[bytes | None]  # Sealed: the sender, as the message named it.
    came_at: Mapped[datetime | None]  # When the message came, as the person says.
    text: Mapped[bytes | None]  # Sealed: the whole message.
    picture: Mapped[bytes | None]  # Sealed: a PNG that we made of what was uploaded.
    finding: Mapped[Finding | None] = mapped_column(enum_type(Finding, "finding"))
    due_at: Mapped[datetime]
    closing: Mapped[Closing | None] = mapped_column(enum_type(Closing, "closing"))
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class ComplaintStep(Base):
    """One step of a case; never changed."""

    __tablename__ = "complaint_step"

    PLACE = "complaint_step.text"

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    complaint_id: Mapped[int] = foreign_key("complaint.id")
    at: Mapped[datetime]
    act: Mapped[StepAct] = mapped_column(enum_type(StepAct, "act"))
    user_id: Mapped[int | None] = mapped_column(BigId)  # None: the person, or the portal.
    text: Mapped[bytes | None]  # Sealed: a note, or the answer.
