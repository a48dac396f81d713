"""The operator's corrections of the holiday package."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import BigId, Entity


class DayKind(StrEnum):
    FULL = "full"
    HALF = "half"  # From 13:00 on.
    WORKDAY = "workday"


class Holiday(Entity):
    day: Mapped[date] = mapped_column(unique=True)
    kind: Mapped[DayKind]
    name: Mapped[str] = mapped_column(String(120))  # Why: name and number of the official decision.
    changed_by: Mapped[int | None] = mapped_column(BigId)
    changed_at: Mapped[datetime]
