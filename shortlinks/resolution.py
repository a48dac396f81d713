"""Resolving: what a code leads to at a given moment. That it leads nowhere is an ordinary outcome."""

import hmac
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Row, bindparam, select
from sqlalchemy.orm import Session

from shortlinks.codes import Codes
from shortlinks.links import Link

NO_LINK = 0  # An id no link has: they begin at one.
NO_NONCE = (1 << 64) - 1  # A number no code can say.


class LinkState(StrEnum):
    """UNKNOWN covers a damaged code, an id that is not there and a wrong nonce alike."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a code leads to; an unknown one carries nothing else. Times are aware, in UTC."""

    state: LinkState
    link_id: int | None = None
    owner: int | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    nonce: int | None = field(default=None, compare=False, repr=False)  # With the id it is the code: in no log.


UNKNOWN = Resolution(LinkState.UNKNOWN)

_link = Link.__table__.c
_by_id = select(_link.nonce, _link.owner, _link.expires_at, _link.revoked_at).where(_link.id == bindparam("link_id"))


def resolve(database: Session | Connection, salt: str, code: str, at: datetime) -> Resolution:
    """What this code leads to. Asks the database exactly once, whatever the code is, so that no answer tells more."""
    link_id, nonce = Codes(salt).decode(code) or (NO_LINK, 0)
    row = database.execute(_by_id, {"link_id": link_id}).one_or_none()
    if not _is_same_nonce(row.nonce if row else NO_NONCE, nonce):
        return UNKNOWN
    return Resolution(_state(row, at), link_id, row.owner, row.expires_at, row.revoked_at, row.nonce)


def _is_same_nonce(kept: int, said: int) -> bool:
    return hmac.compare_digest(kept.to_bytes(8), said.to_bytes(8))


def _state(row: Row, at: datetime) -> LinkState:
    if row.revoked_at is not None:
        return LinkState.REVOKED
    if row.expires_at is not None and row.expires_at <= at:
        return LinkState.EXPIRED
    return LinkState.LIVE
