"""What happened at providers, in one order for all readers: the changes feed and webhooks are made of these rows."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Identity
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core.models.base import Base, BigId, partial_index
from portal.core.models.inserts import insert_rows


class EventType(StrEnum):
    DECISION_MADE = "decision.made"  # Of whichever origin, İYS's movements too; written by a database trigger.
    DECISION_ANNULLED = "decision.annulled"  # By a trigger as well, and so is the next one.
    IYS_OUTCOME = "iys.outcome"  # A submission came to an end at İYS, or without it: facts {outcome, code}.
    COMPLAINT_OPENED = "complaint.opened"
    DEADLINE_NEAR = "deadline.near"
    DEADLINE_PASSED = "deadline.passed"
    PACKAGE_LOW = "package.low"
    CERTIFICATE_ISSUED = "certificate.issued"


class Event(Base):
    """An event. The database numbers them as they are written, so those of one consent, whose writers wait for one
    another, are in their true order by `id`; but what is written at the same time is committed in any order. So the
    sequencer numbers what is committed: readers see rows with a `sequence` only, and may remember the last one."""

    __table_args__ = (
        partial_index("ix_event_unsequenced", "id", where="sequence IS NULL"),
        partial_index("uq_event_sequence", "sequence", where="sequence IS NOT NULL", unique=True),
        partial_index("ix_event_provider_sequence", "provider_id", "sequence", where="sequence IS NOT NULL"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, Identity(), primary_key=True)
    sequence: Mapped[int | None]  # Over all providers, without gaps. None: not to be shown yet.
    provider_id: Mapped[int]  # No foreign keys: checking them would cost an import more than the rows do.
    brand_id: Mapped[int | None]  # None: it concerns all brands.
    type: Mapped[EventType]
    subject_id: Mapped[int]  # The decision of its first three types; else the complaint, the certificate, …
    at: Mapped[datetime]
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # Never an address.

    @classmethod
    def record(
        cls, session: Session, type_: EventType, subject_id: int, *, provider_id: int, at: datetime,
        brand_id: int | None = None, facts: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """Add an event, but for the types that triggers record. `facts` hold no address and no name:
        endpoints of providers get them as they are."""
        about = {"type": type_, "subject_id": subject_id, "facts": facts}
        insert_rows(session, cls, [{"provider_id": provider_id, "brand_id": brand_id, "at": at} | about])
