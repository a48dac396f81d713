"""Users: of providers (by memberships) and of the operator."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base, BlindIndexed, PrimaryKey, enum_type, foreign_key


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


class User(BlindIndexed, Base):
    """A person, who may belong to several providers. Encrypted for no provider (0)."""

    __tablename__ = "user_account"
    __table_args__ = (UniqueConstraint("index_odd"), UniqueConstraint("index_even"))

    PLACE = "user_account.email"

    id: Mapped[PrimaryKey]
    email: Mapped[bytes]  # Encrypted.
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(255))
    language: Mapped[str] = mapped_column(String(2), default="tr")  # Of mails.
    operator_role: Mapped[OperatorRole | None] = mapped_column(enum_type(OperatorRole, "operator_role"))
    confirmed_at: Mapped[datetime | None]  # When the e-mail address was confirmed.
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def is_open(self) -> bool:
        """Whether the user may sign in."""
        return self.closed_at is None


class Membership(Base):
    """A user at one provider. Ended ones are kept, so that the audit log can show names."""

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
        """Whether it is neither suspended nor ended."""
        return self.suspended_at is None and self.ended_at is None


class Assignment(Base):
    """A provider assigned to a member of the operator's support staff."""

    __tablename__ = "assignment"
    __table_args__ = (UniqueConstraint("user_id", "provider_id"),)

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = foreign_key("user_account.id", index=False)
    provider_id: Mapped[int] = foreign_key("provider.id")
    created_at: Mapped[datetime]
