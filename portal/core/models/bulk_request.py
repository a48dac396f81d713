"""Bulk adds: lists of grants sent to İYS in one request, whose result is fetched later."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base, BigId, PrimaryKey, enum_type, foreign_key


class BulkState(StrEnum):
    FORMED = "formed"  # To be sent.
    HELD = "held"  # The success rate is low: a person must release it.
    SENT = "sent"  # İYS has it; its result is fetched when due.
    ENDED = "ended"  # Every item has its outcome, or left the list.


class BulkRequest(Base):
    """Up to 1000 submissions of one brand (their `bulk_id` and `bulk_index`)."""

    __tablename__ = "bulk_request"
    __table_args__ = (Index("ix_bulk_request_due", "due_at"),)

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id")
    brand_id: Mapped[int] = foreign_key("brand.id", index=False)
    endpoint: Mapped[str] = mapped_column(String(120))
    size: Mapped[int] = mapped_column(Integer)  # Submissions.
    state: Mapped[BulkState] = mapped_column(enum_type(BulkState, "state"), default=BulkState.FORMED)
    due_at: Mapped[datetime | None]  # Next send, check while held, or fetch of the result; None once ended.
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    request_id: Mapped[str | None] = mapped_column(String(40))  # İYS's requestId.
    code: Mapped[str | None] = mapped_column(String(20))  # İYS's last error code.
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]  # When a person released it despite the low success rate.
    released_by: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[datetime]
