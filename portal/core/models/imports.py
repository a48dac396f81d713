"""A file of consents that a provider brings: how far it came, its lines as they stood, and how it is read."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, Boolean, Index, Integer, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, deferred, mapped_column

from portal.core.models.base import Base, BigId, PrimaryKey, enum_type, foreign_key


class BatchState(StrEnum):
    """How far a file has come. What the worker does next stands beside it."""

    UPLOADED = "uploaded"  # Worker: cut it into lines.
    UNREADABLE = "unreadable"  # The end: `problem` says why.
    READ = "read"  # A person says which column is what.
    MAPPED = "mapped"  # Worker: rehearse it.
    DRY_RUN = "dry_run"  # A person looks at what would come of it, cures, and lets it run.
    RUNNING = "running"  # Worker: write it, piece by piece.
    STOPPED = "stopped"  # A person stopped the run; what is written stays, and it can go on.
    DONE = "done"
    UNDOING = "undoing"  # Worker: annul what has not been claimed for sending.
    UNDONE = "undone"
    DROPPED = "dropped"  # A person threw it away before it ran; its lines are gone.


WORKER_STATES = (BatchState.UPLOADED, BatchState.MAPPED, BatchState.RUNNING, BatchState.UNDOING)
IN_WORKER_STATE = text("state IN ('uploaded', 'mapped', 'running', 'undoing')")


class ImportBatch(Base):
    """A file that was brought for a brand.

    `position` counts the pieces that the worker has behind it in this state; `tally` counts entries by verdict as they
    were rehearsed, and, once it ran, as they came to be. `lease_until` says that a worker has it in hand.
    """

    __tablename__ = "import_batch"
    __table_args__ = (
        Index("ix_import_batch_provider", "provider_id", "created_at"),
        Index("ix_import_batch_to_do", "lease_until", sqlite_where=IN_WORKER_STATE, postgresql_where=IN_WORKER_STATE),
    )

    NAME = "import_batch.name"
    OUTLINE = "import_batch.outline"
    LAYOUT = "import_batch.layout"

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    brand_id: Mapped[int] = foreign_key("brand.id", index=False)
    user_id: Mapped[int | None] = mapped_column(BigId)  # None: brought by the command line.
    on_behalf: Mapped[bool] = mapped_column(Boolean, default=False)  # By the operator, with the provider's leave.
    name: Mapped[bytes]  # Sealed: of the file.
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))  # SHA-256 of what came.
    size: Mapped[int]  # In bytes.
    state: Mapped[BatchState] = mapped_column(enum_type(BatchState, "state"))
    problem: Mapped[str | None] = mapped_column(String(40))  # Why it cannot be read.
    outline: Mapped[bytes | None]  # Sealed JSON: imports.outline.Outline.
    layout: Mapped[bytes | None]  # Sealed JSON: imports.layout.Layout.
    lines: Mapped[int] = mapped_column(Integer, default=0)  # That are rehearsed: without headers and other sheets.
    chunks: Mapped[int] = mapped_column(Integer, default=0)
    position: Mapped[int] = mapped_column(Integer, default=0)
    tally: Mapped[dict | None] = mapped_column(JSON)
    new_addresses: Mapped[int] = mapped_column(Integer, default=0)  # Of grants, that the provider does not hold yet.
    only_refusals: Mapped[bool] = mapped_column(Boolean, default=False)  # There was no room for grants.
    asked: Mapped[list | None] = mapped_column(JSON)  # What the provider must still say (names of Layout's defaults).
    asked_at: Mapped[datetime | None]
    answered_by: Mapped[int | None] = mapped_column(BigId)
    answered_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)  # Of the worker, since it last came forward.
    state_changed_at: Mapped[datetime]  # When this state began: rate and time left are told from here.
    dry_run_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]  # Somebody said: bring it.
    started_by: Mapped[int | None] = mapped_column(BigId)
    ended_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(BigId)
    undone_at: Mapped[datetime | None]
    annulled: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime]


class UploadPart(Base):
    """A piece of a file's bytes, until it is cut into lines."""

    __tablename__ = "upload_part"
    __table_args__ = (UniqueConstraint("batch_id", "place"),)

    PLACE = "upload_part.content"

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    batch_id: Mapped[int] = foreign_key("import_batch.id", index=False)
    place: Mapped[int] = mapped_column(Integer)
    content: Mapped[bytes]  # Sealed.


class ImportChunk(Base):
    """Up to a thousand lines of one sheet as they stood in the file: the evidence of what was brought.

    `row_results` holds one byte per slot of each line (services/imports/row_results.py), `tally` counts them.
    """

    __tablename__ = "import_chunk"
    __table_args__ = (UniqueConstraint("batch_id", "place"),)

    PLACE = "import_chunk.content"

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    batch_id: Mapped[int] = foreign_key("import_batch.id", index=False)
    sheet: Mapped[int] = mapped_column(Integer)  # From 0.
    place: Mapped[int] = mapped_column(Integer)  # In the whole file, from 0.
    first_line: Mapped[int] = mapped_column(Integer)
    lines: Mapped[int] = mapped_column(Integer)
    # Sealed, compressed JSON: [[line, [cells]], …].
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))
    row_results: Mapped[bytes | None]
    tally: Mapped[dict | None] = mapped_column(JSON)
    ran_at: Mapped[datetime | None]  # Its good entries are written.


class ImportProfile(Base):
    """How a provider's files with this header are read, so that nobody need say it twice."""

    __tablename__ = "import_profile"
    __table_args__ = (UniqueConstraint("provider_id", "signature"), UniqueConstraint("provider_id", "name"))

    LAYOUT = "import_profile.layout"

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    name: Mapped[str | None] = mapped_column(String(60))  # By which the command line calls it.
    signature: Mapped[bytes] = mapped_column(LargeBinary(32))  # Of the header's words, in any order.
    layout: Mapped[bytes]  # Sealed.
    used_at: Mapped[datetime]
    created_at: Mapped[datetime]


class Delegation(Base):
    """A provider's leave that the operator may bring files for it."""

    __tablename__ = "delegation"

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id")
    given_by: Mapped[int] = mapped_column(BigId)
    given_at: Mapped[datetime]
    ends_on: Mapped[date]  # The last day.
    withdrawn_by: Mapped[int | None] = mapped_column(BigId)
    withdrawn_at: Mapped[datetime | None]
