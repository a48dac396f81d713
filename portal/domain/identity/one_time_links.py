"""Single-use links sent by mail. Only the token's digest is stored."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from portal.core.database import changed_rows
from portal.core.ids import new_id
from portal.core.models import NO_PROVIDER, OneTimeLink, OneTimeLinkKind, User
from portal.core.vault import Vault


def issue(
    session: Session, vault: Vault, kind: OneTimeLinkKind, *, email: str, at: datetime, lifetime: timedelta,
    user_id: int | None = None, **facts: Any,
) -> tuple[OneTimeLink, str]:  # fmt: skip
    """Create a link and the token for its address. `facts` are its other columns: invites_to, name, role,
    operator_role, made_by. Part of the caller's transaction."""
    link_id, token = new_id(), secrets.token_urlsafe(32)
    link = OneTimeLink(
        id=link_id, kind=kind, token_digest=_digest(token), user_id=user_id, created_at=at, expires_at=at + lifetime,
        email=vault.seal(email.strip(), OneTimeLink.PLACE, NO_PROVIDER, link_id), **facts,
    )  # fmt: skip
    session.add(link)
    session.flush()
    return link, token


def find(session: Session, token: str, kind: OneTimeLinkKind, at: datetime) -> OneTimeLink | None:
    """The unused, unrevoked, unexpired link of a token. Whatever is wrong with it takes the same path."""
    return session.scalar(
        select(OneTimeLink).where(OneTimeLink.token_digest == _digest(token), OneTimeLink.kind == kind, *_is_open(at))
    )


def use(session: Session, link: OneTimeLink, at: datetime) -> bool:
    """Use a link up; False if it was used or ended meanwhile. Part of the caller's transaction."""
    mine = update(OneTimeLink).where(OneTimeLink.id == link.id, *_is_open(at)).values(used_at=at)
    return changed_rows(session, mine) == 1


def lets_enrol(link: OneTimeLink, user: User, at: datetime) -> bool:
    """Whether a user who came by this link may enrol a first factor: a reset was used up for them before; an
    invitation or confirmation is still open, and is used up by the factor."""
    if link.kind == OneTimeLinkKind.RESET:
        return link.user_id == user.id and link.used_at is not None
    return link.used_at is None and link.revoked_at is None and link.expires_at > at


def revoke(session: Session, link_id: int, at: datetime) -> bool:
    """Revoke a link that is still unused; returns whether there was one."""
    unused = update(OneTimeLink).where(
        OneTimeLink.id == link_id, OneTimeLink.used_at.is_(None), OneTimeLink.revoked_at.is_(None)
    )
    return changed_rows(session, unused.values(revoked_at=at)) == 1


def revoke_all(session: Session, kind: OneTimeLinkKind, user_id: int, at: datetime) -> int:
    """Revoke a user's unused links of a kind; returns how many there were."""
    theirs = update(OneTimeLink).where(OneTimeLink.user_id == user_id, OneTimeLink.kind == kind)
    unused = theirs.where(OneTimeLink.used_at.is_(None), OneTimeLink.revoked_at.is_(None))
    return changed_rows(session, unused.values(revoked_at=at))


def email_of(vault: Vault, link: OneTimeLink) -> str:
    """The address that a link was mailed to."""
    return vault.read(link.email, OneTimeLink.PLACE, NO_PROVIDER, link.id)


def _is_open(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return OneTimeLink.used_at.is_(None), OneTimeLink.revoked_at.is_(None), OneTimeLink.expires_at > at


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()  # Of 256 random bits, which need no key.
