"""Keys that sign receipts. A retired key's secret half goes; the public half stays published for ever."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base, PrimaryKey


class SigningKey(Base):
    __tablename__ = "signing_key"

    PLACE = "signing_key.private"

    id: Mapped[PrimaryKey]
    name: Mapped[str] = mapped_column(String(43), unique=True)  # The key's own thumbprint (RFC 7638): its `kid`.
    public: Mapped[str] = mapped_column(String(200))  # As JWK.
    private: Mapped[bytes | None]  # Sealed JWK; gone once it is retired.
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
