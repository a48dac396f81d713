"""The keys that sign receipts: one signs, and every one there ever was is published, so that old receipts still verify.

Nobody configures them. The first is made when the first receipt is to be signed; who turns them (`flask receipts
rotate-key`) loses the old one's private half for good.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from joserfc.jwk import OKPKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.models import NO_PROVIDER, NodeCounter, SigningKey
from portal.core.models.ids import new_id
from portal.core.models.upsert import insert_missing
from portal.core.vault import Vault

CURVE = "Ed25519"
ALGORITHM = "EdDSA"
TURNSTILE = "signing"  # The row at which those who would make a key come one by one.


@dataclass(frozen=True)
class Published:
    """A key's public half. `retired_at` is None for the one that signs now."""

    name: str
    jwk: dict[str, str]
    created_at: datetime
    retired_at: datetime | None


def find(session: Session, vault: Vault) -> OKPKey | None:
    """The key that signs now; None where none was made yet. Raises CannotOpen."""
    row = session.scalar(_signing())
    return _opened(vault, row) if row else None


def find_or_make(session: Session, vault: Vault, at: datetime) -> OKPKey:
    """The key that signs now, made if need be; of many who come at once, one makes it. Raises CannotOpen."""
    _come_one_by_one(session)
    row = session.scalar(_signing())
    return _opened(vault, row) if row else _make(session, vault, at)


def rotate(session: Session, vault: Vault, at: datetime) -> str:
    """Make a new key, and retire what signed before: its private half is wiped. The name of the new one."""
    _come_one_by_one(session)
    for old in session.scalars(_signing()):
        old.private, old.retired_at = None, at
    return _make(session, vault, at).thumbprint()


def published(session: Session) -> list[Published]:
    """The public halves of all keys there ever were, oldest first."""
    rows = session.scalars(select(SigningKey).order_by(SigningKey.id))
    return [Published(row.name, json.loads(row.public), row.created_at, row.retired_at) for row in rows]


def find_published(session: Session, name: str) -> Published | None:
    """The public half of the key of that name."""
    row = session.scalar(select(SigningKey).where(SigningKey.name == name))
    return Published(row.name, json.loads(row.public), row.created_at, row.retired_at) if row else None


def _come_one_by_one(session: Session) -> None:
    insert_missing(session, NodeCounter, [{"name": TURNSTILE, "next": 0}])
    session.execute(select(NodeCounter).where(NodeCounter.name == TURNSTILE).with_for_update())


def _signing():
    return select(SigningKey).where(SigningKey.retired_at.is_(None)).order_by(SigningKey.id)


def _opened(vault: Vault, row: SigningKey) -> OKPKey:
    return OKPKey.import_key(json.loads(vault.read(row.private, SigningKey.PLACE, NO_PROVIDER, row.id)))


def _make(session: Session, vault: Vault, at: datetime) -> OKPKey:
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
