"""Resolve a code to its link. That there is none is an ordinary result, not an error."""

import hmac
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.orm import Session

from shortlinks.codes import Codes
from shortlinks.links import Link

NO_LINK = 0  # Link ids start at one.
NO_NONCE = (1 << 64) - 1  # Larger than any nonce.


class LinkState(StrEnum):
    """UNKNOWN covers an invalid code, an unknown id and a wrong nonce alike."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Resolution:
    """A resolved code. If UNKNOWN, everything else is None. Times are aware, in UTC."""

    state: LinkState
    link_id: int | None = None
    owner: int | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    nonce: int | None = field(default=None, compare=False, repr=False)  # Not logged: with the id it is the code.


UNKNOWN = Resolution(LinkState.UNKNOWN)

_link = Link.__table__.c
_by_id = select(_link.nonce, _link.owner, _link.expires_at, _link.revoked_at).where(_link.id == bindparam("link_id"))


def resolve(database: Session | Connection, salt: str, code: str, at: datetime) -> Resolution:
    """Resolve a code. Always one query and a constant-time comparison, so that timing reveals nothing."""
    link_id, nonce = Codes(salt).decode(code) or (NO_LINK, 0)
    row = database.execute(_by_id, {"link_id": link_id}).one_or_none()
    is_same = hmac.compare_digest((row.nonce if row else NO_NONCE).to_bytes(8), nonce.to_bytes(8))
    if row is None or not is_same:
        return UNKNOWN
    if row.revoked_at is not None:
        state = LinkState.REVOKED
    elif row.expires_at is not None and row.expires_at <= at:
        state = LinkState.EXPIRED
    else:
        state = LinkState.LIVE
    return Resolution(state, link_id, row.owner, row.expires_at, row.revoked_at, row.nonce)
