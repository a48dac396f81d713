"""The keys that sign receipts: one signs, and every one there ever was is published, so that old receipts still verify.

Nobody configures them. The first is created when the first receipt is to be signed. Rotation (`flask receipts
rotate-key`) deletes the old one's private half for good.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from joserfc.jwk import OKPKey
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.core.ids import new_id
from portal.core.models import NO_PROVIDER, NodeCounter, SigningKey
from portal.core.models.inserts import insert_missing
from portal.core.vault import CannotOpen, Vault

CURVE: Literal["Ed25519"] = "Ed25519"
ALGORITHM = "EdDSA"
LOCK_ROW = "signing"  # The row that whoever creates a key locks.


@dataclass(frozen=True)
class PublishedKey:
    """A key's public half. `retired_at` is None for the one that signs now."""

    name: str
    jwk: dict[str, str]
    created_at: datetime
    retired_at: datetime | None


def find_signing_key(session: Session, vault: Vault) -> OKPKey | None:
    """The key that signs now; None where none was created yet. Raises CannotOpen."""
    row = session.scalar(_current_key())
    return _open(vault, row) if row else None


def get_or_create_signing_key(session: Session, vault: Vault, at: datetime) -> OKPKey:
    """The key that signs now, created if need be, once for all who ask at the same time. Raises CannotOpen."""
    _lock(session)
    row = session.scalar(_current_key())
    return _open(vault, row) if row else _create(session, vault, at)


def rotate_signing_key(session: Session, vault: Vault, at: datetime) -> str:
    """Create a new key and retire the one that signed before: its private half is wiped. The name of the new one."""
    _lock(session)
    for old in session.scalars(_current_key()):
        old.private, old.retired_at = None, at
    return _create(session, vault, at).thumbprint()


def list_published_keys(session: Session) -> list[PublishedKey]:
    """The public halves of all keys there ever were, oldest first."""
    rows = session.scalars(select(SigningKey).order_by(SigningKey.id))
    return [PublishedKey(row.name, json.loads(row.public), row.created_at, row.retired_at) for row in rows]


def find_published_key(session: Session, name: str) -> PublishedKey | None:
    row = session.scalar(select(SigningKey).where(SigningKey.name == name))
    return PublishedKey(row.name, json.loads(row.public), row.created_at, row.retired_at) if row else None


def _lock(session: Session) -> None:
    insert_missing(session, NodeCounter, [{"name": LOCK_ROW, "next": 0}])
    session.execute(select(NodeCounter).where(NodeCounter.name == LOCK_ROW).with_for_update())


def _current_key() -> Select[SigningKey]:
    return select(SigningKey).where(SigningKey.retired_at.is_(None)).order_by(SigningKey.id)


def _open(vault: Vault, row: SigningKey) -> OKPKey:
    if row.private is None:
        raise CannotOpen
    return OKPKey.import_key(json.loads(vault.read(row.private, SigningKey.PLACE, NO_PROVIDER, row.id)))


def _create(session: Session, vault: Vault, at: datetime) -> OKPKey:
    key, row_id = OKPKey.generate_key(CURVE), new_id()
    name = key.thumbprint()
    public = key.as_dict(private=False) | {"kid": name, "use": "sig", "alg": ALGORITHM}
    private = json.dumps(key.as_dict(private=True))
    session.add(
        SigningKey(
            id=row_id, name=name, public=json.dumps(public, sort_keys=True), created_at=at,
            private=vault.seal(private, SigningKey.PLACE, NO_PROVIDER, row_id),
        )
    )  # fmt: skip
    session.flush()
    return key
