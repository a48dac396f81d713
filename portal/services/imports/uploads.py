"""Uploads: a file is stored in encrypted parts as it arrives, until the worker reads it."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, BinaryIO

from sqlalchemy import Row, Select, delete, insert, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.database import changed_rows
from portal.core.ids import new_id
from portal.core.models import BatchState, Brand, ImportBatch, UploadPart, User
from portal.core.vault import Vault
from portal.services.imports import store
from portal.services.imports.reading import FileProblem, Unreadable, detect_kind

MOST_BYTES = 128 * 1024 * 1024
LARGEST_POST = MOST_BYTES + 2 * 1024 * 1024  # With the form around it.
AT_ONCE = 8  # Parts a transaction.
LEASE = timedelta(minutes=2)  # No worker begins with a file that still arrives.
DOUBLE_CLICK = timedelta(seconds=20)
LONGEST_NAME = 200
MOST_LISTED = 100  # Files on behalf.
UNFINISHED = bytes(32)  # The digest of a file that has not arrived whole.


def store_upload(
    session: Session,
    vault: Vault,
    *,
    provider_id: int,
    brand_id: int,
    user_id: int | None,
    name: str,
    stream: BinaryIO,
    on_behalf: bool = False,
    is_held: bool = False,
    at: datetime,
) -> ImportBatch:
    """Store a provider's file for a brand; commits every few megabytes. An empty name: it was pasted. One that is held
    waits until the caller ends its lease, or for LEASE.

    The same file that the same person sent a moment ago (a double click) is the batch of then. Raises Unreadable.
    """
    start = stream.read(store.PART)
    if not start:
        raise Unreadable(FileProblem.EMPTY)
    detect_kind(start)  # Refuses other formats now rather than in the worker.
    batch = _insert_batch(session, vault, provider_id, brand_id, user_id, name, on_behalf, at)
    try:
        parts = chain([start], iter(lambda: stream.read(store.PART), b""))
        _store_parts(session, vault, batch, parts, is_held=is_held)
    except BaseException:
        session.rollback()
        discard(session, batch.id)
        raise
    earlier = session.scalar(_same_file(batch)) if user_id else None
    if earlier:
        discard(session, batch.id)
    return earlier or batch


def _same_file(batch: ImportBatch) -> Select[ImportBatch]:
    """The same bytes by the same user, just before; of two that arrive at once, the first one stays."""
    names = ("brand_id", "user_id", "on_behalf", "digest")
    is_same = [getattr(ImportBatch, name) == getattr(batch, name) for name in names]
    is_earlier = (ImportBatch.id < batch.id, ImportBatch.created_at > batch.created_at - DOUBLE_CLICK)
    may_go_on = ImportBatch.state != BatchState.DROPPED
    return select(ImportBatch).where(*is_same, *is_earlier, may_go_on).order_by(ImportBatch.id).limit(1)


def discard(session: Session, batch_id: int) -> None:
    """Delete a file that nothing was done with yet. Commits."""
    for model, column in ((UploadPart, UploadPart.batch_id), (ImportBatch, ImportBatch.id)):
        session.execute(delete(model).where(column == batch_id))
    session.commit()


def clean_file_name(name: str) -> str:
    """A file's name as it is kept: without the folder, which some browsers send, too; its end is the extension."""
    file_name = name.replace("\\", "/").rpartition("/")[2]
    return "".join(filter(str.isprintable, file_name)).strip()[-LONGEST_NAME:]


def _insert_batch(
    session: Session, vault: Vault, provider_id: int, brand_id: int, user_id: int | None, name: str, on_behalf: bool,
    at: datetime,
) -> ImportBatch:  # fmt: skip
    batch_id = new_id()
    file_name = clean_file_name(name)
    batch = ImportBatch(
        id=batch_id,
        provider_id=provider_id,
        brand_id=brand_id,
        user_id=user_id,
        on_behalf=on_behalf,
        name=vault.seal(file_name, ImportBatch.NAME, provider_id, batch_id),
        digest=UNFINISHED,
        size=0,
        state=BatchState.UPLOADED,
        lease_until=clock.now() + LEASE,
        state_changed_at=at,
        created_at=at,
    )
    session.add(batch)
    session.commit()
    return batch


def list_on_behalf(session: Session, provider_id: int) -> Sequence[Row[ImportBatch, str, str]]:
    """The newest files that the operator imported for a provider, each with the names of its brand and importer."""
    theirs = (
        select(ImportBatch, Brand.name.label("brand"), User.name.label("by"))
        .join(Brand, Brand.id == ImportBatch.brand_id)
        .outerjoin(User, User.id == ImportBatch.user_id)
        .where(ImportBatch.provider_id == provider_id, ImportBatch.on_behalf)
    )
    return session.execute(theirs.order_by(ImportBatch.created_at.desc()).limit(MOST_LISTED)).all()


def _store_parts(
    session: Session, vault: Vault, batch: ImportBatch, parts: Iterator[bytes], *, is_held: bool
) -> None:  # fmt: skip
    digest, size = hashlib.sha256(), 0
    rows: list[dict[str, Any]] = []
    batch_id, provider_id = batch.id, batch.provider_id
    for place, part in enumerate(parts):
        digest.update(part)
        size += len(part)
        if size > MOST_BYTES:
            raise Unreadable(FileProblem.TOO_LARGE)
        part_id = new_id()
        content = store.seal_part(vault, part, provider_id, part_id)
        rows.append(
            {"id": part_id, "provider_id": provider_id, "batch_id": batch_id, "place": place, "content": content}
        )
        if len(rows) == AT_ONCE:
            _insert_parts(session, batch_id, rows, size=size, lease_until=clock.now() + LEASE)
            rows = []
    until = clock.now() + LEASE if is_held else None
    _insert_parts(session, batch_id, rows, size=size, lease_until=until, digest=digest.digest())


def _insert_parts(session: Session, batch_id: int, rows: list[dict[str, Any]], **values: object) -> None:
    """Insert parts and update their batch. Raises Unreadable where the batch was dropped meanwhile."""
    mine = update(ImportBatch).where(ImportBatch.id == batch_id, ImportBatch.state == BatchState.UPLOADED)
    if changed_rows(session, mine.values(values)) != 1:
        raise Unreadable(FileProblem.BROKEN_OFF)
    if rows:
        session.execute(insert(UploadPart.__table__), rows)
    session.commit()
