"""Daily reconciliation with İYS's file, the differences found, and weekly sweeps of all current consents."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ColumnElement, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.iys_protocol import NOT_ANSWERED
from portal.core.models.base import BigId, Entity, foreign_key


class DayState(StrEnum):
    WAITING = "waiting"  # To be downloaded and compared.
    EMPTY = "empty"  # No movements, at İYS and here.
    DIFFERENT = "different"
    AGREED = "agreed"  # Compared row by row, confirmed to İYS and archived.
    MISSED = "missed"  # İYS no longer offers its file.


class DifferenceKind(StrEnum):
    ONLY_AT_IYS = "only_at_iys"  # A row of their file is unknown here.
    ONLY_HERE = "only_here"  # Accepted here, not in their file.
    ALTERED = "altered"  # One transaction with different fields.
    DRIFT = "drift"  # A sweep found another status at İYS than in our current consent.


class Settlement(StrEnum):
    """How a difference was settled."""

    TAKE_THEIRS = "take_theirs"
    SEND_AGAIN = "send_again"
    EXPLAINED = "explained"
    GONE = "gone"  # A later comparison did not find it.


class ReconciledDay(Entity):
    """One brand's day. İYS's file is archived unchanged and encrypted, with its time stamp."""

    __table_args__ = (UniqueConstraint("brand_id", "day"), Index("ix_reconciled_day_due", "due_at"))

    FILE = "reconciled_day.file"

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    brand_id: Mapped[int] = foreign_key("brand.id", index=False)
    day: Mapped[date]
    state: Mapped[DayState] = mapped_column(default=DayState.WAITING)
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    code: Mapped[str | None] = mapped_column(String(20))  # İYS's last error code.
    summary: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # İYS's counts, unchanged.
    rows: Mapped[int | None] = mapped_column(Integer)  # Of the file.
    file: Mapped[bytes | None] = mapped_column(deferred=True)  # Compressed and encrypted.
    file_hash: Mapped[str | None] = mapped_column(String(96))  # SHA-384 of the file, lower-case hex.
    iys_hash: Mapped[str | None] = mapped_column(String(96))
    timestamp: Mapped[bytes | None]  # İYS's .tsr of the file.
    compared_at: Mapped[datetime | None]
    agreed_at: Mapped[datetime | None]  # When İYS accepted our confirmation.
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Difference(Entity):
    """A difference between İYS's records and ours, until a person or a later comparison settles it."""

    __table_args__ = (Index("ix_difference_open", "provider_id", "settled_at"),)

    LINE = "difference.line"

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    brand_id: Mapped[int] = foreign_key("brand.id", index=False)
    day_id: Mapped[int | None] = foreign_key("reconciled_day.id")
    kind: Mapped[DifferenceKind]
    consent_id: Mapped[int | None] = foreign_key("consent.id")
    submission_id: Mapped[int | None] = foreign_key("submission.id", index=False)
    line: Mapped[bytes | None]  # Encrypted JSON: İYS's row, if any.
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # {field: [ours, İYS's]}, without addresses.
    found_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(BigId)  # A user; None: a later comparison.
    settlement: Mapped[Settlement | None]
    explanation: Mapped[str | None] = mapped_column(Text)


class Sweep(Entity):
    """One pass over all current consents of a brand, asking İYS by multi-status which are ONAY."""

    __table_args__ = (Index("ix_sweep_due", "due_at"),)

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    brand_id: Mapped[int] = foreign_key("brand.id")
    position: Mapped[int] = mapped_column(BigId, default=0)  # Last recipient that was checked.
    asked: Mapped[int] = mapped_column(Integer, default=0)  # Consents checked.
    drifted: Mapped[int] = mapped_column(Integer, default=0)  # Differences found.
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    code: Mapped[str | None] = mapped_column(String(20))  # İYS's last error code, while it waits.
    left_out: Mapped[str | None] = mapped_column(String(20))  # What it goes on without: NOT_ANSWERED, WRONG_ADDRESSES.
    ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @classmethod
    def is_whole(cls) -> ColumnElement[bool]:
        """The condition that it ended, and İYS answered about all but single addresses that it calls wrong."""
        return cls.ended_at.is_not(None) & cls.left_out.is_distinct_from(NOT_ANSWERED)
