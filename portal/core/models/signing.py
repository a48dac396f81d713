"""Keys that sign receipts. When one is retired, its private key is deleted; the public key stays published."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base, PrimaryKey


class SigningKey(Base):
    __tablename__ = "signing_key"

    PLACE = "signing_key.private"

    id: Mapped[PrimaryKey]
    name: Mapped[str] = mapped_column(String(43), unique=True)  # The `kid`: the key's thumbprint (RFC 7638).
    public: Mapped[str] = mapped_column(String(200))  # As JWK.
    private: Mapped[bytes | None]  # Encrypted JWK; None once retired.
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
