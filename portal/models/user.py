"""The people of a provider who may sign in."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, BlindlyIndexed, Key, to


class User(BlindlyIndexed, Base):
    __tablename__ = "user_account"
    __table_args__ = (UniqueConstraint("index_odd"), UniqueConstraint("index_even"))

    PLACE = "user_account.email"

    id: Mapped[Key]
    provider_id: Mapped[int] = to("provider.id")
    email: Mapped[bytes]  # Sealed.
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(255))
    session_epoch: Mapped[int] = mapped_column(default=1)  # Raised to end every open session.
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        return self.closed_at is None

    def get_id(self) -> str:
        return f"{self.id}.{self.session_epoch}"
