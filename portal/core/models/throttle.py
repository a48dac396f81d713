"""What limits count where an act leaves no other row: attempts to sign in, and mailed links that lead nowhere."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base, BigId, PrimaryKey, enum_type


class ThrottledAction(StrEnum):
    """What was attempted."""

    PASSWORD = "password"
    FACTOR = "factor"
    STEP_UP = "step_up"
    DEAD_LINK = "dead_link"  # A mailed link that leads nowhere.


class ThrottleHit(Base):
    """A failed attempt. Account and network are keyed digests, so a wrong guess names nobody; `user_id` is for the
    sign-in history of the person whose account it was."""

    __tablename__ = "throttle_hit"
    __table_args__ = (Index(None, "account_digest", "at"), Index(None, "network_digest", "at"), Index(None, "at"))

    id: Mapped[PrimaryKey]
    action: Mapped[ThrottledAction] = mapped_column(enum_type(ThrottledAction, "action"))
    account_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    network_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    user_id: Mapped[int | None] = mapped_column(BigId)
    at: Mapped[datetime]
