"""Bulk imports of consents: files, their rows as uploaded, remembered column layouts, and delegations."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, Boolean, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, deferred, mapped_column

from portal.core.models.base import BigId, Entity, foreign_key, partial_index


class BatchState(StrEnum):
    """The state of a file, with the worker's or user's next step."""

    UPLOADED = "uploaded"  # Worker: split it into chunks of lines.
    UNREADABLE = "unreadable"  # Final: `problem` says why.
    READ = "read"  # User: map the columns.
    MAPPED = "mapped"  # Worker: do the dry run.
    DRY_RUN = "dry_run"  # The dry run is done. User: check, fix and start.
    RUNNING = "running"  # Worker: write it, chunk by chunk.
    STOPPED = "stopped"  # A user stopped it; written chunks stay, and it can continue.
    DONE = "done"
    UNDOING = "undoing"  # Worker: annul what was not claimed for sending.
    UNDONE = "undone"
    DROPPED = "dropped"  # A user discarded it before it ran; its lines are deleted.


WORKER_STATES = (BatchState.UPLOADED, BatchState.MAPPED, BatchState.RUNNING, BatchState.UNDOING)


class ImportBatch(Entity):
    """A file of consents for a brand."""

    __table_args__ = (
        Index("ix_import_batch_provider", "provider_id", "created_at"),
        partial_index(
            "ix_import_batch_to_do", "lease_until", where="state IN ('uploaded', 'mapped', 'running', 'undoing')"
        ),
    )

    NAME = "import_batch.name"
    OUTLINE = "import_batch.outline"
    LAYOUT = "import_batch.layout"

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    brand_id: Mapped[int] = foreign_key("brand.id", index=False)
    user_id: Mapped[int | None] = mapped_column(BigId)  # None: the command line.
    on_behalf: Mapped[bool] = mapped_column(Boolean, default=False)  # Uploaded by the operator, with a delegation.
    name: Mapped[bytes]  # Encrypted file name.
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))  # SHA-256 of the upload.
    size: Mapped[int]  # Bytes.
    state: Mapped[BatchState]
    problem: Mapped[str | None] = mapped_column(String(40))  # Why it is unreadable, or its grants were held back.
    outline: Mapped[bytes | None]  # Encrypted JSON of imports.reading.Outline: sheets and columns.
    layout: Mapped[bytes | None]  # Encrypted JSON of imports.layout.Layout: column mapping.
    lines: Mapped[int] = mapped_column(Integer, default=0)  # Without headers and sheets that are not imported.
    chunks: Mapped[int] = mapped_column(Integer, default=0)
    position: Mapped[int] = mapped_column(Integer, default=0)  # Chunks done in this state.
    tally: Mapped[dict[str, int] | None] = mapped_column(JSON)  # Entries by row result, of the dry run or the run.
    # Counts of cells in columns that the layout does not read, and lines of text (imports.unused_columns.Counts).
    unused_columns: Mapped[dict[str, list[int]] | None] = mapped_column(JSON)
    new_addresses: Mapped[int] = mapped_column(Integer, default=0)  # Of grants, unknown to the provider so far.
    only_refusals: Mapped[bool] = mapped_column(Boolean, default=False)  # The package has no room for grants.
    asked: Mapped[list[str] | None] = mapped_column(JSON)  # Layout defaults that the provider must supply.
    asked_at: Mapped[datetime | None]
    answered_by: Mapped[int | None] = mapped_column(BigId)
    answered_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)  # Of the worker, since the last progress.
    state_changed_at: Mapped[datetime]  # Rate and time left are computed from here.
    dry_run_at: Mapped[datetime | None]  # When the dry run ended.
    before_2015: Mapped[int] = mapped_column(Integer, default=0)  # Grants of HS_2015, in the dry run.
    before_2015_confirmed_at: Mapped[datetime | None]  # When whoever started it vouched for them,
    after_refusal_confirmed_at: Mapped[datetime | None]  # and for grants that are newer than people's own refusals.
    # Grants, in the dry run, of people who may have refused at İYS before (services/imports/first_grants.py),
    first_grants: Mapped[int] = mapped_column(Integer, default=0)
    first_grants_confirmed_at: Mapped[datetime | None]  # and when whoever started it vouched for them.
    started_at: Mapped[datetime | None]  # When the run was ordered.
    started_by: Mapped[int | None] = mapped_column(BigId)
    ended_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(BigId)
    undone_at: Mapped[datetime | None]
    annulled: Mapped[int] = mapped_column(Integer, default=0)  # Decisions.
    created_at: Mapped[datetime]


class UploadPart(Entity):
    """Part of an uploaded file's bytes, until it is split into chunks."""

    __table_args__ = (UniqueConstraint("batch_id", "place"),)

    PLACE = "upload_part.content"

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    batch_id: Mapped[int] = foreign_key("import_batch.id", index=False)
    place: Mapped[int] = mapped_column(Integer)  # In the file, from 0.
    content: Mapped[bytes]  # Encrypted.


class ImportChunk(Entity):
    """Up to a thousand lines of one sheet, as in the file: the evidence of what was imported."""

    __table_args__ = (UniqueConstraint("batch_id", "place"),)

    PLACE = "import_chunk.content"

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    batch_id: Mapped[int] = foreign_key("import_batch.id", index=False)
    sheet: Mapped[int] = mapped_column(Integer)  # From 0.
    place: Mapped[int] = mapped_column(Integer)  # In the file, from 0.
    first_line: Mapped[int] = mapped_column(Integer)
    lines: Mapped[int] = mapped_column(Integer)
    # Encrypted, compressed JSON: [[line, [cells]], …].
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))
    row_results: Mapped[bytes | None]  # One byte per slot of each line (services/imports/row_results.py).
    tally: Mapped[dict[str, int] | None] = mapped_column(JSON)  # Entries by row result.
    ran_at: Mapped[datetime | None]  # When its valid entries were written.


class WaitingFile(Entity):
    """A file of a watched folder that was imported while a program had it open for writing."""

    PLACE = "waiting_file.place"

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    brand_id: Mapped[int] = foreign_key("brand.id")
    place: Mapped[bytes]  # Encrypted JSON: its path, and how it is read (portal/cli/waiting_files.py).
    created_at: Mapped[datetime]


class ImportProfile(Entity):
    """A remembered column layout for a provider's files with this header."""

    __table_args__ = (UniqueConstraint("provider_id", "signature"), UniqueConstraint("provider_id", "name"))

    LAYOUT = "import_profile.layout"

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    name: Mapped[str | None] = mapped_column(String(60))  # For the command line.
    signature: Mapped[bytes] = mapped_column(LargeBinary(32))  # Hash of the header's words in any order.
    layout: Mapped[bytes]  # Encrypted JSON of imports.layout.Layout.
    used_at: Mapped[datetime]
    created_at: Mapped[datetime]


class Delegation(Entity):
    """A provider's permission for the operator to import files for it."""

    provider_id: Mapped[int] = foreign_key("provider.id")
    given_by: Mapped[int] = mapped_column(BigId)
    given_at: Mapped[datetime]
    ends_on: Mapped[date]  # The last day.
    withdrawn_by: Mapped[int | None] = mapped_column(BigId)
    withdrawn_at: Mapped[datetime | None]
