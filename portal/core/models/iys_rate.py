"""İYS's rate limits and success rate, shared by all processes behind one egress IP address."""

from datetime import datetime

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base


class IysRate(Base):
    """When the next call of a kind may leave, and how many failed in a row."""

    __tablename__ = "iys_rate"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    next_at: Mapped[datetime]
    failures: Mapped[int] = mapped_column(Integer, default=0, server_default="0")


class CallTally(Base):
    """Calls of a kind within five minutes, and how many of them İYS counts as failed."""

    __tablename__ = "iys_call_tally"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    span: Mapped[datetime] = mapped_column(primary_key=True)  # Start of the five minutes.
    calls: Mapped[int] = mapped_column(Integer, default=0)
    failures: Mapped[int] = mapped_column(Integer, default=0)
