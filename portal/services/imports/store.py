"""A batch's sealed keeping: the bytes of its file in parts, and its lines in pieces, compressed."""

import json
import zlib
from collections.abc import Iterator

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from portal.core.models import ImportBatch, ImportChunk, UploadPart
from portal.core.vault import Vault

PART = 512 * 1024  # Bytes of a file in one row.
PIECE = 1000  # Lines in one row, written in one transaction.
QUICKLY = 1

_PART = select(UploadPart.id, UploadPart.content).where(
    UploadPart.batch_id == bindparam("batch_id"), UploadPart.place == bindparam("place")
)

Line = tuple[int, list[str]]  # Its number as an editor counts, from 1, and its cells as text.


def seal_part(vault: Vault, content: bytes, provider_id: int, part_id: int) -> bytes:
    """A part of a file's bytes."""
    return vault.seal(content, UploadPart.PLACE, provider_id, part_id)


def parts(session: Session, vault: Vault, batch: ImportBatch) -> Iterator[bytes]:
    """The bytes of a batch's file, part by part, each asked for when its turn comes. Raises CannotOpen."""
    place = 0
    while part := session.execute(_PART, {"batch_id": batch.id, "place": place}).first():
        yield vault.open(part.content, UploadPart.PLACE, batch.provider_id, part.id)
        place += 1


def seal_lines(vault: Vault, packed: bytes, provider_id: int, piece_id: int) -> bytes:
    """Lines as pack() made them."""
    return vault.seal(zlib.compress(packed, QUICKLY), ImportChunk.PLACE, provider_id, piece_id)


def lines_of(vault: Vault, piece: ImportChunk) -> list[Line]:
    """The lines of a piece as they stood in the file. Raises CannotOpen."""
    sealed = vault.open(piece.content, ImportChunk.PLACE, piece.provider_id, piece.id)
    return json.loads(zlib.decompress(sealed))


def pack(lines: list[Line]) -> bytes:
    """Lines as JSON."""
    return json.dumps(lines, ensure_ascii=False, separators=(",", ":")).encode()


def name_of(vault: Vault, batch: ImportBatch) -> str:
    """What the file is called. Raises CannotOpen."""
    return vault.read(batch.name, ImportBatch.NAME, batch.provider_id, batch.id)
