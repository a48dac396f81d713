"""A file as it arrives, kept in sealed parts until the worker cuts it into lines."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import BinaryIO

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.models import BatchState, ImportBatch, UploadPart
from portal.core.models.ids import new_id
from portal.core.vault import Vault
from portal.services.imports import store
from portal.services.imports.reading import FileProblem, Unreadable, detect_kind

MOST_BYTES = 128 * 1024 * 1024
LARGEST_POST = MOST_BYTES + 2 * 1024 * 1024  # With the form around it.
AT_ONCE = 8  # Parts a transaction.
LEASE = timedelta(minutes=2)  # So long nobody begins with a file that still arrives.
LONGEST_NAME = 200
UNFINISHED = bytes(32)  # The digest of a file that has not come to its end.


def bring(
    session: Session,
    vault: Vault,
    *,
    provider_id: int,
    brand_id: int,
    user_id: int | None,
    name: str,
    stream: BinaryIO,
    on_behalf: bool = False,
    at: datetime,
) -> ImportBatch:
    """Keep a file that a provider brings for a brand; commits every few megabytes. Raises Unreadable.

    A name of nothing says that it was pasted.
    """
    start = stream.read(store.PART)
    if not start:
        raise Unreadable(FileProblem.EMPTY)
    detect_kind(start)  # Refuses other formats now rather than in the worker.
    batch = _open(session, vault, provider_id, brand_id, user_id, name, on_behalf, at)
    try:
        _keep(session, vault, batch, chain([start], iter(lambda: stream.read(store.PART), b"")))
    except BaseException:
        session.rollback()
        for model, column in ((UploadPart, UploadPart.batch_id), (ImportBatch, ImportBatch.id)):
            session.execute(delete(model).where(column == batch.id))
        session.commit()
        raise
    return batch


def _open(session: Session, vault: Vault, provider_id, brand_id, user_id, name, on_behalf, at) -> ImportBatch:
    batch_id = new_id()
    of_file = name.replace("\\", "/").rpartition("/")[2]  # Some browsers tell the folder, too.
    named = "".join(filter(str.isprintable, of_file)).strip()[-LONGEST_NAME:]  # Its end tells what it is.
    batch = ImportBatch(
        id=batch_id,
        provider_id=provider_id,
        brand_id=brand_id,
        user_id=user_id,
        on_behalf=on_behalf,
        name=vault.seal(named, ImportBatch.NAME, provider_id, batch_id),
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


def _keep(session: Session, vault: Vault, batch: ImportBatch, parts: Iterator[bytes]) -> None:
    digest, size, place, sealed = hashlib.sha256(), 0, 0, []
    batch_id, provider_id = batch.id, batch.provider_id
    for place, part in enumerate(parts):
        digest.update(part)
        size += len(part)
        if size > MOST_BYTES:
            raise Unreadable(FileProblem.TOO_LARGE)
        part_id = new_id()
        content = store.seal_part(vault, part, provider_id, part_id)
        sealed.append(
            {"id": part_id, "provider_id": provider_id, "batch_id": batch_id, "place": place, "content": content}
        )
        if len(sealed) == AT_ONCE:
            _write(session, batch_id, sealed, size=size, lease_until=clock.now() + LEASE)
            sealed = []
    _write(session, batch_id, sealed, size=size, lease_until=None, digest=digest.digest())


def _write(session: Session, batch_id: int, sealed: list[dict], **values) -> None:
    """A few parts, unless somebody threw the file away meanwhile."""
    mine = update(ImportBatch).where(ImportBatch.id == batch_id, ImportBatch.state == BatchState.UPLOADED)
    if session.execute(mine.values(values)).rowcount != 1:
        raise Unreadable(FileProblem.BROKEN_OFF)
    if sealed:
        session.execute(insert(UploadPart.__table__), sealed)
    session.commit()
