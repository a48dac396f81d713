"""Sessions of signed-in users: the cookie holds only an id and a token."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base, BigId, PrimaryKey, enum_type, foreign_key


class SignInMethod(StrEnum):
    """What proved a person beside (or in place of) the password."""

    TOTP = "totp"
    PASSKEY = "passkey"
    RECOVERY = "recovery"


class SessionEnd(StrEnum):
    """Why a session is over."""

    SIGNED_OUT = "signed_out"
    REVOKED = "revoked"  # From the list of sessions, or "sign out everywhere".
    CHANGED = "changed"  # Password or factors were changed elsewhere.
    IDLE = "idle"
    TOO_OLD = "too_old"


class SignIn(Base):
    """One session of one person. The cookie holds its id and a random token, of which only the digest stands here."""

    __tablename__ = "sign_in"
    __table_args__ = (Index(None, "user_id", "started_at"),)

    PLACE = "sign_in.address"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = foreign_key("user_account.id", index=False)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    device_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))  # Of the browser's lasting cookie.
    by: Mapped[SignInMethod] = mapped_column(enum_type(SignInMethod, "by"))
    address: Mapped[bytes]  # Sealed: the network address it began from.
    agent: Mapped[str] = mapped_column(String(300))
    current_provider_id: Mapped[int | None] = mapped_column(BigId)  # The provider the person chose to work for.
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    stepped_up_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ending: Mapped[SessionEnd | None] = mapped_column(enum_type(SessionEnd, "ending"))
