"""Links that are mailed and open once. The token stands only in the mail; here stands its digest."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core.models import OneTimeLink, OneTimeLinkKind
from portal.core.models.ids import new_id
from portal.core.vault import Vault

NO_PROVIDER = 0  # Sealed for no provider, as people are.


def issue(
    session: Session, vault: Vault, kind: OneTimeLinkKind, *, email: str, at: datetime, lifetime: timedelta,
    user_id: int | None = None, **facts,
) -> tuple[OneTimeLink, str]:  # fmt: skip
    """A new ticket and its token, for the link in the mail. `facts` are the ticket's other columns: invites_to, name,
    role, operator_role, made_by. Part of the caller's transaction."""
    ticket_id, token = new_id(), secrets.token_urlsafe(32)
    ticket = OneTimeLink(
        id=ticket_id, kind=kind, token_digest=_digest(token), user_id=user_id, created_at=at, expires_at=at + lifetime,
        email=vault.seal(email.strip(), OneTimeLink.PLACE, NO_PROVIDER, ticket_id), **facts,
    )  # fmt: skip
    session.add(ticket)
    session.flush()
    return ticket, token


def find(session: Session, token: str, kind: OneTimeLinkKind, at: datetime) -> OneTimeLink | None:
    """The ticket that a token opens now: unused, unrevoked, in time. Whatever is wrong with it takes the same path."""
    return session.scalar(
        select(OneTimeLink).where(OneTimeLink.token_digest == _digest(token), OneTimeLink.kind == kind, *_open(at))
    )


def use(session: Session, ticket: OneTimeLink, at: datetime) -> bool:
    """Use it up; False where somebody was first, or it ended meanwhile. Part of the caller's transaction."""
    mine = update(OneTimeLink).where(OneTimeLink.id == ticket.id, *_open(at)).values(used_at=at)
    return session.execute(mine).rowcount == 1


def revoke(session: Session, ticket_id: int, at: datetime) -> bool:
    """Close one that is still unused; whether there was one."""
    unused = update(OneTimeLink).where(
        OneTimeLink.id == ticket_id, OneTimeLink.used_at.is_(None), OneTimeLink.revoked_at.is_(None)
    )
    return session.execute(unused.values(revoked_at=at)).rowcount == 1


def revoke_all(session: Session, kind: OneTimeLinkKind, user_id: int, at: datetime) -> int:
    """Close a person's unused ones of a kind: a newer link, or what it was for, has made them needless. How many."""
    theirs = update(OneTimeLink).where(OneTimeLink.user_id == user_id, OneTimeLink.kind == kind)
    unused = theirs.where(OneTimeLink.used_at.is_(None), OneTimeLink.revoked_at.is_(None))
    return session.execute(unused.values(revoked_at=at)).rowcount


def email_of(vault: Vault, ticket: OneTimeLink) -> str:
    """The address that its link was mailed to."""
    return vault.read(ticket.email, OneTimeLink.PLACE, NO_PROVIDER, ticket.id)


def _open(at: datetime) -> tuple:
    return OneTimeLink.used_at.is_(None), OneTimeLink.revoked_at.is_(None), OneTimeLink.expires_at > at


def _digest(token: str) -> bytes:
    """A token holds 256 random bits: a plain hash cannot be turned back."""
    return hashlib.sha256(token.encode(errors="replace")).digest()
