"""Proof per day: İYS's own file compared with our movements, the differences, and the weekly sweep of all heads."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base, BigId, PrimaryKey, enum_type, foreign_key


class DayState(StrEnum):
    """How a day stands."""

    WAITING = "waiting"  # To be fetched and compared.
    EMPTY = "empty"  # Nothing moved, says İYS, and nothing says our side.
    DIFFERENT = "different"
    AGREED = "agreed"  # Compared row by row, confirmed at İYS and archived.
    MISSED = "missed"  # İYS no longer gives its file.


class DifferenceKind(StrEnum):
    """What differs."""

    ONLY_AT_IYS = "only_at_iys"  # Their file has a row that we do not know.
    ONLY_HERE = "only_here"  # We hold it for accepted, their file does not list it.
    ALTERED = "altered"  # One transaction, told differently.
    DRIFT = "drift"  # A sweep found that İYS's state of a key is not our head's.


class Settlement(StrEnum):
    """How a person settled a difference."""

    TAKE_THEIRS = "take_theirs"
    SEND_AGAIN = "send_again"
    EXPLAINED = "explained"
    GONE = "gone"  # A later look no longer found it.


class ReconciledDay(Base):
    """One brand's day. Its file is archived as it came, sealed, with İYS's time stamp."""

    __tablename__ = "reconciled_day"
    __table_args__ = (UniqueConstraint("brand_id", "day"), Index("ix_reconciled_day_due", "due_at"))

    FILE = "reconciled_day.file"

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    brand_id: Mapped[int] = foreign_key("brand.id", index=False)
    day: Mapped[date]
    state: Mapped[DayState] = mapped_column(enum_type(DayState, "state"), default=DayState.WAITING)
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    code: Mapped[str | None] = mapped_column(String(20))
    summary: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))  # İYS's counts, as İYS gave them.
    rows: Mapped[int | None] = mapped_column(Integer)
    file: Mapped[bytes | None] = mapped_column(deferred=True)  # Compressed and sealed; some are large.
    file_hash: Mapped[str | None] = mapped_column(String(96))  # SHA-384 of the file, lower-case hex.
    iys_hash: Mapped[str | None] = mapped_column(String(96))
    timestamp: Mapped[bytes | None]  # İYS's .tsr over the file; holds a hash, no address.
    compared_at: Mapped[datetime | None]
    agreed_at: Mapped[datetime | None]  # When İYS took our agreement.
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Difference(Base):
    """Something that İYS's record and ours tell differently, until a person or a later look settles it."""

    __tablename__ = "difference"
    __table_args__ = (Index("ix_difference_open", "provider_id", "settled_at"),)

    LINE = "difference.line"

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    brand_id: Mapped[int] = foreign_key("brand.id", index=False)
    day_id: Mapped[int | None] = foreign_key("reconciled_day.id")
    kind: Mapped[DifferenceKind] = mapped_column(enum_type(DifferenceKind, "kind"))
    consent_id: Mapped[int | None] = foreign_key("consent.id")
    submission_id: Mapped[int | None] = foreign_key("submission.id", index=False)
    line: Mapped[bytes | None]  # Sealed: İYS's row as JSON, where İYS has one.
    facts: Mapped[dict] = mapped_column(JSON, default=dict)  # What differs: {field: [ours, İYS's]}; no address.
    found_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(BigId)  # The user; none where a later look settled it.
    settlement: Mapped[Settlement | None] = mapped_column(enum_type(Settlement, "settlement"))
    explanation: Mapped[str | None] = mapped_column(Text)


class Sweep(Base):
    """One walk over all heads of a brand, asking İYS by multi-status which are ONAY."""

    __tablename__ = "sweep"
    __table_args__ = (Index("ix_sweep_due", "due_at"),)

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    brand_id: Mapped[int] = foreign_key("brand.id")
    position: Mapped[int] = mapped_column(BigId, default=0)  # The last recipient whose heads were asked for.
    asked: Mapped[int] = mapped_column(Integer, default=0)
    drifted: Mapped[int] = mapped_column(Integer, default=0)
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    code: Mapped[str | None] = mapped_column(String(20))
    ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
