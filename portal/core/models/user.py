"""People who sign in: of a provider (by a membership each), or of the operator."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base, BlindIndexed, PrimaryKey, enum_type, foreign_key


class Role(StrEnum):
    """What a person is at one provider; portal/domain/identity/permissions.py says what each may do."""

    OWNER = "owner"
    MANAGER = "manager"
    AGENT = "agent"  # Answers people.
    DEVELOPER = "developer"
    AUDITOR = "auditor"  # Reads only.


class OperatorRole(StrEnum):
    """What a person of the operator (iş ortağı) is."""

    ADMIN = "admin"
    SUPPORT = "support"  # For the providers assigned to them.


class User(BlindIndexed, Base):
    """A person, who may belong to several providers. What is sealed is bound to no provider (0)."""

    __tablename__ = "user_account"
    __table_args__ = (UniqueConstraint("index_odd"), UniqueConstraint("index_even"))

    PLACE = "user_account.email"

    id: Mapped[PrimaryKey]
    email: Mapped[bytes]  # Sealed.
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(255))
    language: Mapped[str] = mapped_column(String(2), default="tr")  # In which mails are written.
    operator_role: Mapped[OperatorRole | None] = mapped_column(enum_type(OperatorRole, "operator_role"))
    confirmed_at: Mapped[datetime | None]  # A link that was mailed to the address came back.
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def is_open(self) -> bool:
        """Whether the person may sign in at all."""
        return self.closed_at is None


class Membership(Base):
    """One person at one provider. Ended ones stay, so that what they did keeps its name."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("user_id", "provider_id"),)

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = foreign_key("user_account.id", index=False)
    provider_id: Mapped[int] = foreign_key("provider.id")
    role: Mapped[Role] = mapped_column(enum_type(Role, "role"))
    suspended_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def is_open(self) -> bool:
        """Whether it lets the person in now."""
        return self.suspended_at is None and self.ended_at is None


class Assignment(Base):
    """A provider that one of the operator's support staff answers for."""

    __tablename__ = "assignment"
    __table_args__ = (UniqueConstraint("user_id", "provider_id"),)

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = foreign_key("user_account.id", index=False)
    provider_id: Mapped[int] = foreign_key("provider.id")
    created_at: Mapped[datetime]
