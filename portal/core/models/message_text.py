"""The sentences of a campaign's messages, which stand between fixed lines (templates/messages/invitation/)."""

from datetime import datetime

from sqlalchemy import Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import BigId, Entity, foreign_key


class MessageText(Entity):
    """A version of a campaign's sentences, never changed; the newest one counts, and without one the usual sentences.

    Turkish prevails. An English text that is empty stands in no message.
    """

    __table_args__ = (UniqueConstraint("campaign_id", "version"),)

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    campaign_id: Mapped[int] = foreign_key("campaign.id", index=False)
    version: Mapped[int] = mapped_column(Integer)
    sms_tr: Mapped[str] = mapped_column(String(300))
    sms_en: Mapped[str] = mapped_column(String(300))
    subject_tr: Mapped[str] = mapped_column(String(120))
    subject_en: Mapped[str] = mapped_column(String(120))
    body_tr: Mapped[str] = mapped_column(Text)  # Of a mail.
    body_en: Mapped[str] = mapped_column(Text)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))  # SHA-256 of the texts.
    user_id: Mapped[int] = mapped_column(BigId)
    created_at: Mapped[datetime]
