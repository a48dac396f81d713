"""Users of providers (by memberships) and of the operator: second factors, sessions, one-time links by mail."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import BigId, BlindIndexed, Entity, foreign_key


class Role(StrEnum):
    """A user's role at one provider; portal/domain/identity/permissions.py says what each may do."""

    OWNER = "owner"
    MANAGER = "manager"
    AGENT = "agent"  # Support agent.
    DEVELOPER = "developer"
    AUDITOR = "auditor"  # Read-only.


class OperatorRole(StrEnum):
    """A role at the operator (iş ortağı)."""

    ADMIN = "admin"
    SUPPORT = "support"  # For the providers assigned to them.


class User(BlindIndexed, Entity):
    """A person, who may belong to several providers. Encrypted for no provider (0)."""

    __tablename__ = "user_account"
    __table_args__ = (UniqueConstraint("index_odd"), UniqueConstraint("index_even"))

    PLACE = "user_account.email"

    email: Mapped[bytes]  # Encrypted.
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(255))
    language: Mapped[str] = mapped_column(String(2), default="tr")  # Of mails.
    operator_role: Mapped[OperatorRole | None]
    confirmed_at: Mapped[datetime | None]  # When the e-mail address was confirmed.
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def is_open(self) -> bool:
        """Whether the user may sign in."""
        return self.closed_at is None


class Membership(Entity):
    """A user at one provider. Ended ones are kept, so that the audit log can show names."""

    __table_args__ = (UniqueConstraint("user_id", "provider_id"),)

    user_id: Mapped[int] = foreign_key("user_account.id", index=False)
    provider_id: Mapped[int] = foreign_key("provider.id")
    role: Mapped[Role]
    suspended_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def is_open(self) -> bool:
        """Whether it is neither suspended nor ended."""
        return self.suspended_at is None and self.ended_at is None


class Assignment(Entity):
    """A provider assigned to a member of the operator's support staff."""

    __table_args__ = (UniqueConstraint("user_id", "provider_id"),)

    user_id: Mapped[int] = foreign_key("user_account.id", index=False)
    provider_id: Mapped[int] = foreign_key("provider.id")
    created_at: Mapped[datetime]


class OneTimeLinkKind(StrEnum):
    INVITATION = "invitation"  # To a provider or to the operator's staff.
    CONFIRMATION = "confirmation"  # Of the address used to sign up.
    RESET = "reset"  # Forgotten password.


class OneTimeLink(Entity):
    """Encrypted for no provider (0), as users are. The token is stored in the mail only."""

    PLACE = "one_time_link.email"

    kind: Mapped[OneTimeLinkKind]
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    email: Mapped[bytes]  # Encrypted.
    user_id: Mapped[int | None] = foreign_key("user_account.id", nullable=True)  # None: an invitation of a new user.
    invites_to: Mapped[int | None] = foreign_key("provider.id", nullable=True)
    name: Mapped[str | None] = mapped_column(String(120))
    role: Mapped[Role | None]
    operator_role: Mapped[OperatorRole | None]
    made_by: Mapped[int | None] = mapped_column(BigId)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class FactorKind(StrEnum):
    TOTP = "totp"  # Authenticator app.
    PASSKEY = "passkey"  # WebAuthn.


class Factor(Entity):
    """A second factor, valid once its first use confirmed it."""

    PLACE = "factor.secret"

    user_id: Mapped[int] = foreign_key("user_account.id")
    kind: Mapped[FactorKind]
    name: Mapped[str] = mapped_column(String(60))
    secret: Mapped[bytes | None]  # Encrypted TOTP seed.
    last_step: Mapped[int | None] = mapped_column(BigId)  # Newest TOTP time step used: each code works once.
    credential_id: Mapped[bytes | None] = mapped_column(LargeBinary(1023), unique=True)  # WebAuthn credential id.
    public_key: Mapped[bytes | None]
    sign_count: Mapped[int] = mapped_column(BigId, default=0)
    confirmed_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class RecoveryCode(Entity):
    """A one-time code for the day the phone is lost."""

    user_id: Mapped[int] = foreign_key("user_account.id")
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))  # SHA-256 of the code.
    number: Mapped[int] = mapped_column(Integer)  # Its place in the list.
    used_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class SignInMethod(StrEnum):
    """The second factor, or the passkey in place of a password."""

    TOTP = "totp"
    PASSKEY = "passkey"
    RECOVERY = "recovery"


class SessionEnd(StrEnum):
    """Why a session ended."""

    SIGNED_OUT = "signed_out"
    REVOKED = "revoked"  # From the list of sessions, or "sign out everywhere".
    CHANGED = "changed"  # Password or factors were changed elsewhere.
    IDLE = "idle"
    TOO_OLD = "too_old"


class SignIn(Entity):
    """A session of one user. The cookie holds its id and a random token."""

    __table_args__ = (Index(None, "user_id", "started_at"),)

    PLACE = "sign_in.address"

    user_id: Mapped[int] = foreign_key("user_account.id", index=False)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32))  # SHA-256 of the cookie's token.
    device_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))  # SHA-256 of the browser's device cookie.
    by: Mapped[SignInMethod]
    address: Mapped[bytes]  # Encrypted IP address of the sign-in.
    agent: Mapped[str] = mapped_column(String(300))  # User agent.
    current_provider_id: Mapped[int | None] = mapped_column(BigId)  # The provider the user works for now.
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    stepped_up_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ending: Mapped[SessionEnd | None]


class ThrottledAction(StrEnum):
    """What was attempted."""

    PASSWORD = "password"
    FACTOR = "factor"
    STEP_UP = "step_up"
    DEAD_LINK = "dead_link"  # A mailed link that leads nowhere.


class ThrottleHit(Entity):
    """A failed attempt, counted by limits where an act leaves no other row. Account and network are keyed digests, so a
    wrong guess names nobody; `user_id` is for the sign-in history of the person whose account it was."""

    __table_args__ = (Index(None, "account_digest", "at"), Index(None, "network_digest", "at"), Index(None, "at"))

    action: Mapped[ThrottledAction]
    account_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    network_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    user_id: Mapped[int | None] = mapped_column(BigId)
    at: Mapped[datetime]
