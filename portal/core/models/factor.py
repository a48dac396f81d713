"""What a person proves themselves by beside the password: codes of an app, passkeys, and codes on paper."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base, BigId, PrimaryKey, enum_type, foreign_key


class FactorKind(StrEnum):
    """An authenticator app's codes, or a key of the person's device (WebAuthn)."""

    TOTP = "totp"
    PASSKEY = "passkey"


class Factor(Base):
    """A second factor. It counts once confirmed by a first use."""

    __tablename__ = "factor"

    PLACE = "factor.secret"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = foreign_key("user_account.id")
    kind: Mapped[FactorKind] = mapped_column(enum_type(FactorKind, "kind"))
    name: Mapped[str] = mapped_column(String(60))
    secret: Mapped[bytes | None]  # Sealed: a TOTP's seed.
    last_step: Mapped[int | None] = mapped_column(BigId)  # The newest time step used: each code opens once.
    credential_id: Mapped[bytes | None] = mapped_column(LargeBinary(1023), unique=True)  # A passkey's name of itself.
    public_key: Mapped[bytes | None]
    sign_count: Mapped[int] = mapped_column(BigId, default=0)
    confirmed_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class RecoveryCode(Base):
    """One code on paper, for the day the telephone is lost. Only its digest stands here; it opens once."""

    __tablename__ = "recovery_code"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = foreign_key("user_account.id")
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    number: Mapped[int] = mapped_column(Integer)
    used_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
