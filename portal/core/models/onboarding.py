"""Onboarding of providers: documents, the operator's reviews, and questions with answers."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import BigId, Entity, foreign_key


class PaperKind(StrEnum):
    AUTHORISATION = "authorisation"  # Signed letter that authorises the partner at İYS.
    SIGNATURE = "signature"  # Signature circular (imza sirküleri) of its signatory.


class ReviewAct(StrEnum):
    ADMITTED = "admitted"
    SENT_BACK = "sent_back"  # Something is missing; the note says what.
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    LEFT = "left"  # The provider left.
    CAME_BACK = "came_back"
    TEXT_APPROVED = "text_approved"
    TEXT_DECLINED = "text_declined"


class Paper(Entity):
    """An uploaded document, unchanged."""

    PLACE = "paper.content"

    provider_id: Mapped[int] = foreign_key("provider.id")
    kind: Mapped[PaperKind]
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int] = mapped_column(Integer)  # Bytes.
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))  # SHA-256.
    content: Mapped[bytes]  # Encrypted.
    uploaded_by: Mapped[int] = mapped_column(BigId)
    uploaded_at: Mapped[datetime]


class Review(Entity):
    """A decision of the operator on a provider or a text of it, with its reason or the note of a call-back."""

    provider_id: Mapped[int] = foreign_key("provider.id")
    act: Mapped[ReviewAct]
    note: Mapped[str] = mapped_column(String(2000))
    called_on: Mapped[date | None]  # When the representative was called back at the company's number.
    digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))  # approvals.digest_of what was decided on.
    made_by: Mapped[int] = mapped_column(BigId)
    made_at: Mapped[datetime]


class Inquiry(Entity):
    """A question about a step, and its answer."""

    TEXT = "inquiry.text"
    ANSWER = "inquiry.answer"

    provider_id: Mapped[int] = foreign_key("provider.id")
    step: Mapped[int] = mapped_column(Integer)  # 1 to 5.
    text: Mapped[bytes]  # Encrypted, as is the answer: it may hold addresses.
    asked_by: Mapped[int] = mapped_column(BigId)
    asked_at: Mapped[datetime]
    answer: Mapped[bytes | None]
    answered_by: Mapped[int | None] = mapped_column(BigId)
    answered_at: Mapped[datetime | None]
