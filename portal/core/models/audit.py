"""The audit log: who did what to which row, when and in which session. Append-only and without addresses."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import BigId, Entity, foreign_key


class Actor(StrEnum):
    RECIPIENT = "recipient"
    USER = "user"
    SYSTEM = "system"


class AuditEntry(Entity):
    __table_args__ = (Index(None, "provider_id", "at"), Index(None, "subject", "subject_id"))

    provider_id: Mapped[int | None] = foreign_key("provider.id", index=False, nullable=True)  # None: no provider.
    at: Mapped[datetime]
    actor: Mapped[Actor]
    actor_id: Mapped[int | None] = mapped_column(BigId)  # User or recipient.
    sign_in_id: Mapped[int | None] = mapped_column(BigId)  # The user's session, which holds the IP address.
    act: Mapped[str] = mapped_column(String(40))  # "decision.made", "campaign.launched"
    subject: Mapped[str] = mapped_column(String(40))  # Table name.
    subject_id: Mapped[int] = mapped_column(BigId)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
