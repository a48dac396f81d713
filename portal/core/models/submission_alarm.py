"""Alarms about submissions: what the owners of a provider were mailed last, level by level."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Entity, foreign_key


class AlarmLevel(StrEnum):
    """What İYS has not taken; each is a filter of the forwarding page."""

    AMBER = "amber"  # Waiting for a day.
    RED = "red"  # Waiting for two days, of three that the law gives.
    PARKED = "parked"
    BLOCKED = "blocked"
    EXPIRED = "expired"


class SubmissionAlarm(Entity):
    """One per provider and level, locked while somebody decides whether to mail."""

    __table_args__ = (UniqueConstraint("provider_id", "level"),)

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    level: Mapped[AlarmLevel]
    mailed_at: Mapped[datetime | None]  # None with a count: known, but nobody could be mailed.
    known_until: Mapped[datetime | None]  # What reached the level until then was told.
    count: Mapped[int] = mapped_column(Integer, default=0)  # At the level at the last look, at most those mailed.
