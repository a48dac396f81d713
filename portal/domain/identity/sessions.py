"""Who is in: sessions that begin, are looked up on each request, and end. All is rows, so a change counts at once.

The cookie holds "<id of the session>.<random token>"; here stands the token's digest.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from portal.core.models import Membership, Provider, SessionEnd, SignIn, SignInMethod, User
from portal.core.models.ids import new_id
from portal.core.vault import Vault
from portal.domain.identity import permissions
from portal.domain.identity.permissions import Permission

IDLE = timedelta(minutes=30)
LIFETIME = timedelta(hours=12)
STEP_UP = timedelta(minutes=10)  # For so long a proof just given opens dangerous pages.
SEEN = timedelta(minutes=1)  # How exactly "last seen" is kept.
AGENT = 300  # Characters of what a browser says of itself.
NO_PROVIDER = 0  # A session is sealed for no provider: its person may belong to several.


@dataclass(frozen=True)
class SignedInUser:
    """A person with an open session. Flask-Login's current_user."""

    user: User
    sign_in: SignIn
    token: str
    membership: Membership | None  # At the provider they chose to work for, while it lets them in.
    provider: Provider | None

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

    def may_at_provider(self, power: Permission) -> bool:
        """Whether the provider's table lets this person do that at the provider they work for, as it stands now."""
        if not self.membership:
            return False
        suspended = self.provider.suspended_at is not None
        return power in permissions.provider_permissions(self.membership.role, suspended=suspended)

    def may_at_operator(self, power: Permission) -> bool:
        """Whether the operator's table lets this person do that."""
        return power in permissions.operator_permissions(self.user.operator_role)

    def is_stepped_up(self, at: datetime) -> bool:
        """Whether a factor was shown within STEP_UP."""
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
    """Open a session; whoever belongs to one provider only works for it at once. Part of the caller's transaction."""
    _end_late_ones(session, user.id, at)
    sign_in_id, token = new_id(), secrets.token_urlsafe(32)
    open_ones = list_memberships(session, user.id)
    sign_in = SignIn(
        id=sign_in_id,
        user_id=user.id,
        token_digest=_digest(token),
        device_digest=device_digest,
        by=by,
        address=vault.seal(address, SignIn.PLACE, NO_PROVIDER, sign_in_id),
        agent=agent[:AGENT],
        current_provider_id=open_ones[0][0].provider_id if len(open_ones) == 1 else None,
        started_at=at,
        seen_at=at,
        stepped_up_at=at,
    )
    session.add(sign_in)
    session.flush()
    membership, provider = open_ones[0] if len(open_ones) == 1 else (None, None)
    return SignedInUser(user, sign_in, token, membership, provider)


def find_session(session: Session, text: str, agent: str, at: datetime) -> SignedInUser | None:
    """The person behind a cookie's text, unless the session is over (ended, idle for IDLE, or older than LIFETIME) or
    the cookie came into another browser. Networks may change: people walk about with their telephones."""
    found = _behind(session, text)
    if found is None:
        return None
    sign_in, user = found
    if sign_in.ended_at or sign_in.agent != agent[:AGENT] or not user.is_open or find_timeout(sign_in, at):
        return None
    return SignedInUser(user, sign_in, text.partition(".")[2], *_served(session, sign_in))


def find_ending(session: Session, text: str, at: datetime) -> SessionEnd | None:
    """Why the session behind a cookie's text is over, if it is: for who comes back and finds it so."""
    found = _behind(session, text)
    return (found[0].ending or find_timeout(found[0], at)) if found else None


def has_used_device(session: Session, user_id: int, device_digest: bytes) -> bool:
    """Whether a person came in by this browser before."""
    theirs = select(SignIn.id).where(SignIn.user_id == user_id, SignIn.device_digest == device_digest)
    return session.scalar(theirs.limit(1)) is not None


def has_signed_in(session: Session, user_id: int) -> bool:
    """Whether a person was ever in."""
    return session.scalar(select(SignIn.id).where(SignIn.user_id == user_id).limit(1)) is not None


def find_timeout(sign_in: SignIn, at: datetime) -> SessionEnd | None:
    """Why time alone ended a session, if it did."""
    if at - sign_in.started_at > LIFETIME:
        return SessionEnd.TOO_OLD
    return SessionEnd.IDLE if at - sign_in.seen_at > IDLE else None


def record_activity(session: Session, sign_in: SignIn, at: datetime) -> bool:
    """Note that the person is still there; whether a row was written. Part of the caller's transaction."""
    if at - sign_in.seen_at < SEEN:
        return False
    session.execute(update(SignIn).where(SignIn.id == sign_in.id, SignIn.ended_at.is_(None)).values(seen_at=at))
    return True


def switch_provider(session: Session, presence: SignedInUser, provider_id: int) -> bool:
    """Work for another provider from now on; False where the person does not belong there."""
    if provider_id not in {membership.provider_id for membership, _ in list_memberships(session, presence.id)}:
        return False
    session.execute(update(SignIn).where(SignIn.id == presence.sign_in.id).values(current_provider_id=provider_id))
    return True


def step_up(session: Session, presence: SignedInUser, at: datetime) -> SignedInUser:
    """A factor was shown just now: the session goes on with a new token, and the old one is worthless (OWASP ASVS 5.0,
    7.2.4)."""
    token = secrets.token_urlsafe(32)
    mine = update(SignIn).where(SignIn.id == presence.sign_in.id, SignIn.token_digest == _digest(presence.token))
    session.execute(mine.values(stepped_up_at=at, token_digest=_digest(token)))
    return SignedInUser(presence.user, presence.sign_in, token, presence.membership, presence.provider)


def end_sessions(session: Session, user_id: int, ending: SessionEnd, at: datetime, *, only: int | None = None,
        but: int | None = None, at_provider: int | None = None) -> int:  # fmt: skip
    """End a person's open sessions: all, only one, all but one, or those that are not spent on other providers. How
    many were open."""
    theirs = update(SignIn).where(SignIn.user_id == user_id, SignIn.ended_at.is_(None))
    if only is not None:
        theirs = theirs.where(SignIn.id == only)
    if but is not None:
        theirs = theirs.where(SignIn.id != but)
    if at_provider is not None:
        theirs = theirs.where(or_(SignIn.current_provider_id == at_provider, SignIn.current_provider_id.is_(None)))
    return session.execute(theirs.values(ended_at=at, ending=ending)).rowcount


def list_memberships(session: Session, user_id: int) -> list[tuple[Membership, Provider]]:
    """Where a person belongs and may come in now, by title."""
    theirs = select(Membership, Provider).join(Provider, Provider.id == Membership.provider_id)
    open_ones = theirs.where(
        Membership.user_id == user_id, Membership.suspended_at.is_(None), Membership.ended_at.is_(None)
    )
    return [tuple(row) for row in session.execute(open_ones.order_by(Provider.title))]


def list_suspended(session: Session, user_id: int) -> list[str]:
    """Where a person belongs and may not come in, by title."""
    theirs = select(Provider.title).join(Membership, Membership.provider_id == Provider.id)
    held = theirs.where(
        Membership.user_id == user_id, Membership.suspended_at.is_not(None), Membership.ended_at.is_(None)
    )
    return list(session.scalars(held.order_by(Provider.title)))


def _behind(session: Session, text: str) -> tuple[SignIn, User] | None:
    sign_in_id, _, token = text.partition(".")
    if not (sign_in_id.isascii() and sign_in_id.isdecimal() and len(sign_in_id) < 20 and int(sign_in_id) < 2**63):
        return None
    row = session.execute(
        select(SignIn, User).join(User, User.id == SignIn.user_id).where(SignIn.id == int(sign_in_id))
    ).one_or_none()
    is_theirs = row is not None and hmac.compare_digest(row.SignIn.token_digest, _digest(token))
    return tuple(row) if is_theirs else None


def _end_late_ones(session: Session, user_id: int, at: datetime) -> None:
    """Write down which of a person's sessions time has ended, as of then."""
    theirs = select(SignIn).where(SignIn.user_id == user_id, SignIn.ended_at.is_(None))
    for sign_in in session.scalars(theirs.where(or_(SignIn.started_at < at - LIFETIME, SignIn.seen_at < at - IDLE))):
        sign_in.ending = find_timeout(sign_in, at)
        old = sign_in.ending == SessionEnd.TOO_OLD
        sign_in.ended_at = sign_in.started_at + LIFETIME if old else sign_in.seen_at + IDLE


def _served(session: Session, sign_in: SignIn) -> tuple[Membership | None, Provider | None]:
    if sign_in.current_provider_id is None:
        return None, None
    for membership, provider in list_memberships(session, sign_in.user_id):
        if provider.id == sign_in.current_provider_id:
            return membership, provider
    return None, None


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
