"""Sessions of signed-in users: rows that are read on each request, so that every change counts at once.

The cookie holds "<session id>.<random token>", of which the row keeps the digest.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session

from portal.core.database import changed_rows
from portal.core.ids import new_id, parse_id
from portal.core.models import NO_PROVIDER, Membership, Provider, SessionEnd, SignIn, SignInMethod, User
from portal.core.vault import Vault
from portal.domain.identity import permissions
from portal.domain.identity.permissions import Permission

IDLE = timedelta(minutes=30)
LIFETIME = timedelta(hours=12)
STEP_UP = timedelta(minutes=10)  # How long a second factor opens sensitive pages.
SEEN_PRECISION = timedelta(minutes=1)  # Of `seen_at`.
LONGEST_AGENT = 300  # Characters of a user agent.


@dataclass(frozen=True)
class SignedInUser:
    """A user with an open session: Flask-Login's current_user."""

    user: User
    sign_in: SignIn
    token: str
    membership: Membership | None  # At the provider chosen to work for, while it is open.
    provider: Provider | None
    works_for_several: bool = False

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        return f"{self.sign_in.id}.{self.token}"

    @property
    def id(self) -> int:
        return self.user.id

    @property
    def name(self) -> str:
        return self.user.name

    @property
    def provider_id(self) -> int | None:
        return self.provider.id if self.provider else None

    def may_at_provider(self, permission: Permission) -> bool:
        """Whether the user's role allows it at the provider they work for, which may be suspended."""
        if not self.membership or not self.provider:
            return False
        suspended = self.provider.suspended_at is not None
        return permission in permissions.provider_permissions(self.membership.role, suspended=suspended)

    def may_at_operator(self, permission: Permission) -> bool:
        """Whether the user's role at the operator allows it."""
        return permission in permissions.operator_permissions(self.user.operator_role)

    def is_stepped_up(self, at: datetime) -> bool:
        """Whether a second factor was used within STEP_UP."""
        proved_at = self.sign_in.stepped_up_at
        return proved_at is not None and at - STEP_UP < proved_at <= at


def begin_session(
    session: Session,
    vault: Vault,
    user: User,
    *,
    by: SignInMethod,
    address: str,
    agent: str,
    device_digest: bytes | None,
    at: datetime,
) -> SignedInUser:
    """Open a session; a user with a single membership works for that provider. Part of the caller's transaction."""
    _end_timed_out(session, user.id, at)
    sign_in_id, token = new_id(), secrets.token_urlsafe(32)
    open_ones = list_memberships(session, user.id)
    membership, provider = open_ones[0] if len(open_ones) == 1 else (None, None)
    sign_in = SignIn(
        id=sign_in_id,
        user_id=user.id,
        token_digest=_digest(token),
        device_digest=device_digest,
        by=by,
        address=vault.seal(address, SignIn.PLACE, NO_PROVIDER, sign_in_id),
        agent=agent[:LONGEST_AGENT],
        current_provider_id=provider.id if provider else None,
        started_at=at,
        seen_at=at,
        stepped_up_at=at,
    )
    session.add(sign_in)
    session.flush()
    return SignedInUser(user, sign_in, token, membership, provider)


def find_session(session: Session, text: str, agent: str, at: datetime) -> SignedInUser | None:
    """The user behind a cookie, unless the session is over (ended, idle for IDLE, or older than LIFETIME) or the cookie
    comes from another browser. The network may change, as it does for telephones."""
    found = _find_by_cookie(session, text)
    if found is None:
        return None
    sign_in, user = found
    if sign_in.ended_at or sign_in.agent != agent[:LONGEST_AGENT] or not user.is_open or find_timeout(sign_in, at):
        return None
    chosen_id = sign_in.current_provider_id
    open_ones = list_memberships(session, user.id) if chosen_id else []
    membership, provider = next((pair for pair in open_ones if pair[1].id == chosen_id), (None, None))
    return SignedInUser(user, sign_in, text.partition(".")[2], membership, provider, len(open_ones) > 1)


def find_ending(session: Session, text: str, at: datetime) -> SessionEnd | None:
    """Why the session behind a cookie is over, if it is."""
    found = _find_by_cookie(session, text)
    return (found[0].ending or find_timeout(found[0], at)) if found else None


def has_used_device(session: Session, user_id: int, device_digest: bytes) -> bool:
    """Whether a user signed in from this browser before."""
    theirs = select(SignIn.id).where(SignIn.user_id == user_id, SignIn.device_digest == device_digest)
    return session.scalar(theirs.limit(1)) is not None


def has_signed_in(session: Session, user_id: int) -> bool:
    return session.scalar(select(SignIn.id).where(SignIn.user_id == user_id).limit(1)) is not None


def find_timeout(sign_in: SignIn, at: datetime) -> SessionEnd | None:
    """The timeout that ended a session, if one did."""
    if at - sign_in.started_at > LIFETIME:
        return SessionEnd.TOO_OLD
    return SessionEnd.IDLE if at - sign_in.seen_at > IDLE else None


def record_activity(session: Session, sign_in: SignIn, at: datetime) -> bool:
    """Update `seen_at`; returns whether a row was written. Part of the caller's transaction."""
    if at - sign_in.seen_at < SEEN_PRECISION:
        return False
    session.execute(update(SignIn).where(SignIn.id == sign_in.id, SignIn.ended_at.is_(None)).values(seen_at=at))
    return True


def switch_provider(session: Session, current: SignedInUser, provider_id: int) -> bool:
    """Work for another provider from now on; False where the user is no member of it."""
    if provider_id not in {membership.provider_id for membership, _ in list_memberships(session, current.id)}:
        return False
    session.execute(update(SignIn).where(SignIn.id == current.sign_in.id).values(current_provider_id=provider_id))
    return True


def step_up(session: Session, current: SignedInUser, at: datetime) -> SignedInUser:
    """Note that a second factor was used, and replace the session's token (OWASP ASVS 5.0, 7.2.4)."""
    token = secrets.token_urlsafe(32)
    mine = update(SignIn).where(SignIn.id == current.sign_in.id, SignIn.token_digest == _digest(current.token))
    session.execute(mine.values(stepped_up_at=at, token_digest=_digest(token)))
    return SignedInUser(
        current.user, current.sign_in, token, current.membership, current.provider, current.works_for_several
    )


def end_sessions(session: Session, user_id: int, ending: SessionEnd, at: datetime, *, only: int | None = None,
        but: int | None = None, at_provider: int | None = None) -> int:  # fmt: skip
    """End a user's open sessions: all, only one, all but one, or those that do not work for another provider. Returns
    how many were open."""
    theirs = update(SignIn).where(SignIn.user_id == user_id, SignIn.ended_at.is_(None))
    if only is not None:
        theirs = theirs.where(SignIn.id == only)
    if but is not None:
        theirs = theirs.where(SignIn.id != but)
    if at_provider is not None:
        theirs = theirs.where(or_(SignIn.current_provider_id == at_provider, SignIn.current_provider_id.is_(None)))
    return changed_rows(session, theirs.values(ended_at=at, ending=ending))


def end_all_sessions(session: Session, at: datetime) -> int:
    """End everybody's open sessions; how many there were."""
    open_ones = update(SignIn).where(SignIn.ended_at.is_(None))
    return changed_rows(session, open_ones.values(ended_at=at, ending=SessionEnd.REVOKED))


def list_memberships(session: Session, user_id: int) -> list[tuple[Membership, Provider]]:
    """A user's open memberships, by the providers' titles."""
    return [(row.Membership, row.Provider) for row in session.execute(select_memberships(user_id))]


def select_memberships(user_id: int) -> Select[Membership, Provider]:
    theirs = select(Membership, Provider).join(Provider, Provider.id == Membership.provider_id)
    of_user = theirs.where(Membership.user_id == user_id, Membership.ended_at.is_(None))
    return of_user.where(Membership.suspended_at.is_(None)).order_by(Provider.title, Provider.id)


def list_suspended(session: Session, user_id: int) -> list[str]:
    """The titles of providers at which a user's membership is suspended."""
    theirs = select(Provider.title).join(Membership, Membership.provider_id == Provider.id)
    of_user = theirs.where(Membership.user_id == user_id, Membership.ended_at.is_(None))
    return list(session.scalars(of_user.where(Membership.suspended_at.is_not(None)).order_by(Provider.title)))


def _find_by_cookie(session: Session, text: str) -> tuple[SignIn, User] | None:
    number, _, token = text.partition(".")
    if (sign_in_id := parse_id(number)) is None:
        return None
    row = session.execute(
        select(SignIn, User).join(User, User.id == SignIn.user_id).where(SignIn.id == sign_in_id)
    ).one_or_none()
    if row is None or not hmac.compare_digest(row.SignIn.token_digest, _digest(token)):
        return None
    return row.SignIn, row.User


def _end_timed_out(session: Session, user_id: int, at: datetime) -> None:
    """Store the end of a user's sessions that timed out, as of then."""
    theirs = select(SignIn).where(SignIn.user_id == user_id, SignIn.ended_at.is_(None))
    for sign_in in session.scalars(theirs.where(or_(SignIn.started_at < at - LIFETIME, SignIn.seen_at < at - IDLE))):
        sign_in.ending = find_timeout(sign_in, at)
        old = sign_in.ending == SessionEnd.TOO_OLD
        sign_in.ended_at = sign_in.started_at + LIFETIME if old else sign_in.seen_at + IDLE


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
