"""A list of grants that travels to İYS in one request, and whose result is asked for later."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base, BigId, PrimaryKey, enum_type, foreign_key


class BulkState(StrEnum):
    """How far a list has come."""

    FORMED = "formed"  # To be sent.
    HELD = "held"  # The success ratio is low: a person must let it go.
    SENT = "sent"  # İYS has it; its result is asked for when it is due.
    ENDED = "ended"  # Every item has its outcome, or left the list.


class BulkRequest(Base):
    """One list of up to 1000 submissions of one brand (their `bulk_id` and `bulk_index`).

    `due_at` is when it is to be sent, looked at again while it is held, or its result asked for; empty once it ended.
    """

    __tablename__ = "bulk_request"
    __table_args__ = (Index("ix_bulk_request_due", "due_at"),)

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id")
    brand_id: Mapped[int] = foreign_key("brand.id", index=False)
    endpoint: Mapped[str] = mapped_column(String(120))
    size: Mapped[int] = mapped_column(Integer)
    state: Mapped[BulkState] = mapped_column(enum_type(BulkState, "state"), default=BulkState.FORMED)
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    request_id: Mapped[str | None] = mapped_column(String(40))  # İYS's name for the list.
    code: Mapped[str | None] = mapped_column(String(20))  # İYS's last error code.
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]  # A person let it go although the success ratio was low.
    released_by: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[datetime]
