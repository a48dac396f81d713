"""Sessions of signed-in users: the cookie holds only an id and a token."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base, BigId, PrimaryKey, enum_type, foreign_key


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


class SignIn(Base):
    """A session of one user. The cookie holds its id and a random token."""

    __tablename__ = "sign_in"
    __table_args__ = (Index(None, "user_id", "started_at"),)

    PLACE = "sign_in.address"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = foreign_key("user_account.id", index=False)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32))  # SHA-256 of the cookie's token.
    device_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))  # SHA-256 of the browser's device cookie.
    by: Mapped[SignInMethod] = mapped_column(enum_type(SignInMethod, "by"))
    address: Mapped[bytes]  # Encrypted IP address of the sign-in.
    agent: Mapped[str] = mapped_column(String(300))  # User agent.
    current_provider_id: Mapped[int | None] = mapped_column(BigId)  # The provider the user works for now.
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    stepped_up_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ending: Mapped[SessionEnd | None] = mapped_column(enum_type(SessionEnd, "ending"))
