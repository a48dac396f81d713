"""Second factors: authenticator apps, passkeys and recovery codes."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base, BigId, PrimaryKey, enum_type, foreign_key


class FactorKind(StrEnum):
    TOTP = "totp"  # Authenticator app.
    PASSKEY = "passkey"  # WebAuthn.


class Factor(Base):
    """A second factor, valid once its first use confirmed it."""

    __tablename__ = "factor"

    PLACE = "factor.secret"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = foreign_key("user_account.id")
    kind: Mapped[FactorKind] = mapped_column(enum_type(FactorKind, "kind"))
    name: Mapped[str] = mapped_column(String(60))
    secret: Mapped[bytes | None]  # Encrypted TOTP seed.
    last_step: Mapped[int | None] = mapped_column(BigId)  # Newest TOTP time step used: each code works once.
    credential_id: Mapped[bytes | None] = mapped_column(LargeBinary(1023), unique=True)  # WebAuthn credential id.
    public_key: Mapped[bytes | None]
    sign_count: Mapped[int] = mapped_column(BigId, default=0)
    confirmed_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class RecoveryCode(Base):
    """A one-time code for the day the phone is lost."""

    __tablename__ = "recovery_code"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = foreign_key("user_account.id")
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))  # SHA-256 of the code.
    number: Mapped[int] = mapped_column(Integer)  # Its place in the list.
    used_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
