"""Throttling of sign-ins. Each attempt is committed as failed before it is checked, and deleted when it was right.

Strangers cannot lock a person out: a browser in which the account was opened before has a count of its own, a mailed
link resets the password, and a passkey replaces the codes. Unknown accounts are counted like known ones.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from portal.core import throttle
from portal.core.client_network import network_of
from portal.core.database import changed_rows
from portal.core.ids import new_id
from portal.core.models import NO_PROVIDER, ThrottledAction, ThrottleHit
from portal.core.throttle import Counted, Limit
from portal.core.vault import Vault, index_column

KEPT = timedelta(days=90)  # For the person's own sign-in history.
SPRAYING_WITHIN = timedelta(hours=1)
SPRAYED_FROM_ONE = 10  # Accounts attempted from one network.
SPRAYED_IN_ALL = 50  # Accounts attempted, from wherever.


@dataclass(frozen=True)
class PasswordSpraying:
    """Few passwords were tried on many accounts."""

    accounts: int
    networks: int
    attempts: int
    since: datetime
    is_from_one: bool  # One network alone would be enough for the alarm.


def begin_password(
    session: Session, vault: Vault, *, account: str, address: str, at: datetime, user_id: int | None = None,
    known_device: bytes | None = None,
) -> ThrottleHit:  # fmt: skip
    """Count an attempt with a password; `known_device` is the digest of a browser in which the person signed in before.
    Commit, check the password, and delete the attempt where it was right.

    Raises TooManyRequests, whether or not anybody has that account.
    """
    account = f"account|{account.strip().lower()}|{known_device.hex() if known_device else ''}"
    hit = _new_hit(vault, ThrottledAction.PASSWORD, account, address, user_id, at)
    is_password = ThrottleHit.action == ThrottledAction.PASSWORD
    is_theirs = ThrottleHit.account_digest == hit.account_digest
    counted = [Counted(Limit.PASSWORDS_OF_ACCOUNT, ThrottleHit.at, is_theirs, is_password)]
    if not known_device:  # Many people may share an address: who guesses must not lock out those who do not.
        is_near = ThrottleHit.network_digest == hit.network_digest
        counted = [Counted(Limit.PASSWORDS_OF_NETWORK, ThrottleHit.at, is_near, is_password), *counted]
    return _count(session, hit, *counted)


def begin_code(
    session: Session, vault: Vault, action: ThrottledAction, user_id: int, *, address: str, at: datetime
) -> ThrottleHit:
    """Count an attempt with a second factor's code (FACTOR and STEP_UP together). Commit, check the code, and delete
    the attempt where it was right. Raises TooManyRequests."""
    hit = _new_hit(vault, action, f"person|{user_id}", address, user_id, at)
    is_code = ThrottleHit.action.in_((ThrottledAction.FACTOR, ThrottledAction.STEP_UP))
    is_theirs = ThrottleHit.account_digest == hit.account_digest
    return _count(session, hit, Counted(Limit.FACTORS_OF_PERSON, ThrottleHit.at, is_theirs, is_code))


def count_dead_link(session: Session, vault: Vault, *, address: str, at: datetime) -> None:
    """Count a visit by a mailed link that leads nowhere. Raises TooManyRequests where a network goes on guessing."""
    hit = _new_hit(vault, ThrottledAction.DEAD_LINK, None, address, None, at)
    is_same = (ThrottleHit.network_digest == hit.network_digest, ThrottleHit.action == hit.action)
    _count(session, hit, Counted(Limit.DEAD_LINKS_OF_NETWORK, ThrottleHit.at, *is_same))


def delete_hit(session: Session, hit: ThrottleHit) -> None:
    """Take an attempt out of the counts: it was right."""
    session.execute(delete(ThrottleHit).where(ThrottleHit.id == hit.id))


def find_spraying(session: Session, at: datetime) -> PasswordSpraying | None:
    """Whether passwords are being sprayed over many accounts now, from one network or from many."""
    recent = (ThrottleHit.action == ThrottledAction.PASSWORD, ThrottleHit.at > at - SPRAYING_WITHIN)
    accounts = func.count(ThrottleHit.account_digest.distinct())
    widest = session.scalar(
        select(accounts).where(*recent).group_by(ThrottleHit.network_digest).order_by(accounts.desc()).limit(1)
    )
    networks = func.count(ThrottleHit.network_digest.distinct())
    row = session.execute(select(accounts, networks, func.count(), func.min(ThrottleHit.at)).where(*recent)).one()
    is_from_one = (widest or 0) >= SPRAYED_FROM_ONE
    return PasswordSpraying(*row, is_from_one) if is_from_one or row[0] >= SPRAYED_IN_ALL else None


def delete_old_hits(session: Session, at: datetime) -> int:
    """Delete attempts older than KEPT; returns how many there were."""
    return changed_rows(session, delete(ThrottleHit).where(ThrottleHit.at < at - KEPT))


def _new_hit(
    vault: Vault, action: ThrottledAction, account: str | None, address: str, user_id: int | None, at: datetime
) -> ThrottleHit:
    return ThrottleHit(
        id=new_id(), action=action, user_id=user_id, at=at, account_digest=_digest(vault, account) if account else None,
        network_digest=_digest(vault, f"network|{network_of(address)}"),
    )  # fmt: skip


def _count(session: Session, hit: ThrottleHit, *counted: Counted) -> ThrottleHit:
    throttle.check(session, counted, hit.at, keys=filter(None, (hit.account_digest, hit.network_digest)))
    session.add(hit)
    session.flush()
    return hit


def _digest(vault: Vault, text: str) -> bytes:
    """A digest under our newest key, so it cannot be guessed. Key rotation begins all counts anew."""
    return vault.indexes(NO_PROVIDER, f"try|{text}")[index_column(vault.generation)]
