"""What every process behind one egress address shares: the pace of calls to İYS, and how many went how well."""

from datetime import datetime

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base


class IysRate(Base):
    """The next free moment for a call of a kind, and how many of that kind failed in a row."""

    __tablename__ = "iys_rate"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    next_at: Mapped[datetime]
    failures: Mapped[int] = mapped_column(Integer, default=0, server_default="0")


class CallTally(Base):
    """How many calls of a kind went out within five minutes, and how many İYS counts as failed."""

    __tablename__ = "iys_call_tally"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    span: Mapped[datetime] = mapped_column(primary_key=True)  # Its first moment.
    calls: Mapped[int] = mapped_column(Integer, default=0)
    failures: Mapped[int] = mapped_column(Integer, default=0)
