"""Create links in bulk, resolve their codes, and revoke them. That a code has no link is an ordinary result."""

import hmac
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Connection,
    bindparam,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from shortlinks.base import Base, BigId
from shortlinks.codes import NONCE_BITS, Codes

NONCE_BYTES = NONCE_BITS // 8
NO_LINK = 0  # Link ids start at one.
NO_NONCE = (1 << 64) - 1  # Larger than any nonce.


class Link(Base):
    """A short link. The id is small, so that its code is short; the nonce makes the code unguessable."""

    __tablename__ = "link"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    nonce: Mapped[int]
    owner: Mapped[int]  # Chosen by the caller, such as a campaign's id.
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class LinkCounter(Base):
    """Single row that holds the last link id in use."""

    __tablename__ = "link_counter"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    last_id: Mapped[int]


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
    created_at: datetime | None = field(default=None, compare=False)


UNKNOWN = Resolution(LinkState.UNKNOWN)

_link = Link.__table__.c
RESOLVED = (_link.nonce, _link.owner, _link.created_at, _link.expires_at, _link.revoked_at)
_FIRST_COUNTER = text("INSERT INTO link_counter (id, last_id) VALUES (1, 0) ON CONFLICT DO NOTHING")
_by_id = select(*RESOLVED).where(_link.id == bindparam("link_id"))


def create(
    session: Session, salt: str, owner: int, at: datetime, expires_at: datetime | None = None
) -> tuple[int, str]:
    """Create a link and return its id and code. The caller commits."""
    return create_many(session, salt, owner, 1, at, expires_at)[0]


def create_many(
    session: Session, salt: str, owner: int, count: int, at: datetime, expires_at: datetime | None = None
) -> list[tuple[int, str]]:
    """Create `count` links for one owner and return their (id, code), ids ascending.

    Needs a write transaction, which the caller commits; until then other callers wait for the counter's row.
    """
    if count < 1:
        return []
    codes, ids, nonces = Codes(salt), _allocate_ids(session, count), _random_nonces(count)
    links = [(link_id, codes.encode(link_id, nonce)) for link_id, nonce in zip(ids, nonces, strict=True)]
    link, (index, nonce) = Link.__table__.c, _unnest(session, nonces)
    alike = [
        literal(owner, link.owner.type),
        literal(at, link.created_at.type),
        literal(expires_at, link.expires_at.type),
    ]
    rows = select(literal(ids.start, link.id.type) + index, nonce, *alike)
    columns = [link.id, link.nonce, link.owner, link.created_at, link.expires_at]
    session.execute(insert(Link.__table__).from_select(columns, rows))
    return links


def restore(session: Session, owner: int, links: Sequence[tuple[int, int, datetime]]) -> None:
    """Insert links that were lost, by (id, nonce, created_at); none made later gets an id up to theirs. The caller
    commits."""
    if not links:
        return
    rows = [{"id": each, "nonce": nonce, "owner": owner, "created_at": at} for each, nonce, at in links]
    session.execute(insert(Link.__table__), rows)
    reserve_ids(session, max(each for each, *_ in links))


def reserve_ids(session: Session, last_id: int) -> None:
    """Have no link that is made later get an id up to this one. The caller commits."""
    session.execute(_FIRST_COUNTER)
    counter = LinkCounter.__table__
    session.execute(update(counter).where(counter.c.last_id < last_id).values(last_id=last_id))


def code_of(salt: str, link_id: int, nonce: int) -> str:
    """The code of an existing link."""
    return Codes(salt).encode(link_id, nonce)


def resolve(database: Session | Connection, salt: str, code: str, at: datetime) -> Resolution:
    """Resolve a code. Always one query and a constant-time comparison, so that timing reveals nothing."""
    link_id, nonce = Codes(salt).decode(code) or (NO_LINK, 0)
    row = database.execute(_by_id, {"link_id": link_id}).one_or_none()
    is_same = hmac.compare_digest((row.nonce if row else NO_NONCE).to_bytes(8), nonce.to_bytes(8))
    return resolve_row(link_id, row, at) if row is not None and is_same else UNKNOWN


def resolve_row(link_id: int, row: Sequence[Any], at: datetime) -> Resolution:
    """Resolve a link that was found by its id and nonce, such as by a statement that reads more than RESOLVED."""
    nonce, owner, created_at, expires_at, revoked_at = row
    if revoked_at is not None:
        state = LinkState.REVOKED
    elif expires_at is not None and expires_at <= at:
        state = LinkState.EXPIRED
    else:
        state = LinkState.LIVE
    return Resolution(state, link_id, owner, expires_at, revoked_at, nonce, created_at)


def revoke(session: Session, link_ids: Iterable[int], at: datetime) -> None:
    """Revoke links. Those revoked before keep their date. The caller commits."""
    link = Link.__table__
    still_there = update(link).where(link.c.id == bindparam("link_id"), link.c.revoked_at.is_(None))
    rows = [{"link_id": link_id} for link_id in sorted(link_ids)]  # Sorted, or two such calls may deadlock.
    if rows:
        session.execute(still_there.values(revoked_at=at), rows)


def _allocate_ids(session: Session, count: int) -> range:
    """Allocate the next ids for this transaction; if it rolls back, they are allocated again."""
    counter = LinkCounter.__table__
    advance = update(counter).values(last_id=counter.c.last_id + count).returning(counter.c.last_id)
    last: int | None = session.scalar(advance)
    if last is None:  # The first links of this database. Of two such transactions the later one waits for the row.
        session.execute(_FIRST_COUNTER)
        last = session.execute(advance).scalar_one()
    return range(last - count + 1, last + 1)


def _unnest(session: Session, values: Sequence[int]) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """One parameter as a table: the index of each value, from 0, and the value."""
    table: Any
    if session.get_bind().dialect.name == "sqlite":
        table = func.json_each(literal(json.dumps(values))).table_valued("key", "value")
        return table.c.key, table.c.value
    given = func.unnest(literal(values, ARRAY(BigInteger)))
    table = given.table_valued("value", with_ordinality="place").render_derived()
    return table.c.place - 1, table.c.value


def _random_nonces(count: int) -> list[int]:
    drawn = secrets.token_bytes(count * NONCE_BYTES)  # At once: a system call for each would be slow.
    return [int.from_bytes(drawn[at : at + NONCE_BYTES]) for at in range(0, len(drawn), NONCE_BYTES)]
