"""One-time links sent by mail: invitations, confirmations, password resets."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base, BigId, PrimaryKey, enum_type, foreign_key
from portal.core.models.user import OperatorRole, Role


class OneTimeLinkKind(StrEnum):
    INVITATION = "invitation"  # To a provider or to the operator's staff.
    CONFIRMATION = "confirmation"  # Of the address used to sign up.
    RESET = "reset"  # Forgotten password.


class OneTimeLink(Base):
    """Encrypted for no provider (0), as users are. The token is stored in the mail only."""

    __tablename__ = "one_time_link"

    PLACE = "one_time_link.email"

    id: Mapped[PrimaryKey]
    kind: Mapped[OneTimeLinkKind] = mapped_column(enum_type(OneTimeLinkKind, "kind"))
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    email: Mapped[bytes]  # Encrypted.
    user_id: Mapped[int | None] = foreign_key("user_account.id", nullable=True)  # None: an invitation of a new user.
    invites_to: Mapped[int | None] = foreign_key("provider.id", nullable=True)
    name: Mapped[str | None] = mapped_column(String(120))
    role: Mapped[Role | None] = mapped_column(enum_type(Role, "role"))
    operator_role: Mapped[OperatorRole | None] = mapped_column(enum_type(OperatorRole, "operator_role"))
    made_by: Mapped[int | None] = mapped_column(BigId)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
