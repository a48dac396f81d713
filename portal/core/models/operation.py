"""What the operator watches and switches: counts of decisions, alarms of readiness checks, the maintenance mode."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base


class DecisionTally(Base):
    """How many decisions of an origin and status were numbered as events, since there is this table."""

    origin: Mapped[str] = mapped_column(String(20), primary_key=True)
    status: Mapped[str] = mapped_column(String(10), primary_key=True)
    decisions: Mapped[int]


class ReadinessAlarm(Base):
    """A readiness check that failed once: since when it fails, and what the operator's admins were mailed."""

    check_name: Mapped[str] = mapped_column(String(20), primary_key=True)
    failing_since: Mapped[datetime | None]  # None: it is well.
    mailed_at: Mapped[datetime | None]  # When a failure was mailed last.
    is_told: Mapped[bool]  # This failure was mailed, so its end will be.


class JournalGap(Base):
    """The row is there while decisions since then may stand in no journal."""

    THE_ONE = 1

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    since: Mapped[datetime]
    failures: Mapped[int]  # Commits that could not be appended.
    starts: Mapped[int]  # Of processes, before each of which one may have been killed between commit and append.


class Maintenance(Base):
    """The row is there while the maintenance mode is on."""

    THE_ONE = 1

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    since: Mapped[datetime]
    message: Mapped[str] = mapped_column(String(300))  # The operator's words, in Turkish. Empty: none.
