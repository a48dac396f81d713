"""Encrypted storage of a batch: the bytes of its file in parts, and its lines in compressed chunks."""

import json
import zlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from portal.core.models import ImportBatch, ImportChunk, UploadPart
from portal.core.vault import Vault
from portal.services.imports.reading.workbook_chunker.chunks import Line as Line

PART = 512 * 1024  # Bytes of a file in one row.
FASTEST = 1

_PART = select(UploadPart.id, UploadPart.content).where(
    UploadPart.batch_id == bindparam("batch_id"), UploadPart.place == bindparam("place")
)

StoredChunk = ImportChunk | Row[*tuple[Any, ...]]  # Or a row with its id, provider_id and content.


def seal_part(vault: Vault, content: bytes, provider_id: int, part_id: int) -> bytes:
    return vault.seal(content, UploadPart.PLACE, provider_id, part_id)


def parts(session: Session, vault: Vault, batch: ImportBatch) -> Iterator[bytes]:
    """The bytes of a batch's file, part by part, each fetched when its turn comes. Raises CannotOpen."""
    place = 0
    while part := session.execute(_PART, {"batch_id": batch.id, "place": place}).first():
        yield vault.open(part.content, UploadPart.PLACE, batch.provider_id, part.id)
        place += 1


def seal_lines(vault: Vault, packed: bytes, provider_id: int, chunk_id: int) -> bytes:
    """Compress and encrypt the lines of a chunk, which are packed as JSON."""
    return vault.seal(zlib.compress(packed, FASTEST), ImportChunk.PLACE, provider_id, chunk_id)


def lines_of(vault: Vault, chunk: StoredChunk) -> list[Line]:
    """The lines of a chunk as they stood in the file. Raises CannotOpen."""
    compressed = vault.open(chunk.content, ImportChunk.PLACE, chunk.provider_id, chunk.id)
    lines: list[Line] = json.loads(zlib.decompress(compressed))
    return lines


def file_name_of(vault: Vault, batch: ImportBatch) -> str:
    """Raises CannotOpen."""
    return vault.read(batch.name, ImportBatch.NAME, batch.provider_id, batch.id)
