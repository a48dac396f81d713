"""The outbox: one row per decision that İYS must hear, and one fact per attempt to tell it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.iys_protocol.enums import Status
from portal.core.models.base import Base, BigId, PrimaryKey, enum_type, foreign_key


class Outcome(StrEnum):
    """How far a submission has come; the first three are still on their way."""

    WAITING = "waiting"
    SENT = "sent"
    BLOCKED = "blocked"
    ACCEPTED = "accepted"
    VERIFIED = "verified"
    NOT_NEEDED = "not_needed"
    OVERTAKEN = "overtaken"
    ANNULLED = "annulled"
    PARKED = "parked"
    EXPIRED = "expired"


OPEN_OUTCOMES = (Outcome.WAITING, Outcome.SENT, Outcome.BLOCKED)


class Lane(StrEnum):
    """Refusals travel in a lane of their own, which grants never delay; in the order in which they go."""

    REFUSALS = "refusals"
    PEOPLE = "people"  # Grants of single persons, one by one.
    BULK = "bulk"  # Grants in lists of up to 1000.


ACCEPTED = text("accepted_at IS NOT NULL")  # A day is asked for what İYS took; what waits need not be in its index.
FROM_IMPORT = text("batch_id IS NOT NULL")
STILL_DUE = text("due_at IS NOT NULL")
WHERE_STILL_DUE = {"sqlite_where": STILL_DUE, "postgresql_where": STILL_DUE}


class Submission(Base):
    """A decision's frozen payload and endpoint, sent byte for byte until İYS answers.

    `due_at` is empty once nothing more is to be done; `lease_until` says that a forwarder has it in hand, `bulk_id`
    in which list it travels (or travelled last). While it does, the list is what is due, and `due_at` far away.
    """

    __tablename__ = "submission"
    __table_args__ = (
        # Per provider: what one of them may not send now stands in nobody's way, however much it is.
        Index("ix_submission_lane_due", "lane", "provider_id", "due_at", **WHERE_STILL_DUE),
        Index("ix_submission_too_late", "lenient_deadline", **WHERE_STILL_DUE),
        Index("ix_submission_key_order", "consent_id", "consent_date"),
        Index("ix_submission_provider_outcome", "provider_id", "outcome"),
        Index("ix_submission_transaction", "transaction_id"),
        Index("ix_submission_accepted", "provider_id", "accepted_at", sqlite_where=ACCEPTED, postgresql_where=ACCEPTED),
        Index("ix_submission_batch", "batch_id", "outcome", sqlite_where=FROM_IMPORT, postgresql_where=FROM_IMPORT),
    )

    PLACE = "submission.payload"

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    consent_id: Mapped[int] = foreign_key("consent.id", index=False)
    decision_id: Mapped[int] = foreign_key("decision.id", unique=True, index=False)
    lane: Mapped[Lane] = mapped_column(enum_type(Lane, "lane"))
    status: Mapped[Status] = mapped_column(enum_type(Status, "status"))
    consent_date: Mapped[datetime]
    endpoint: Mapped[str] = mapped_column(String(120))
    payload: Mapped[bytes]  # Sealed.
    outcome: Mapped[Outcome] = mapped_column(enum_type(Outcome, "outcome"), default=Outcome.WAITING)
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    code: Mapped[str | None] = mapped_column(String(20))  # İYS's last error code.
    transaction_id: Mapped[str | None] = mapped_column(String(80))
    accepted_at: Mapped[datetime | None]  # İYS's creationDate.
    verified_at: Mapped[datetime | None]  # When we saw it in what İYS says it holds.
    batch_id: Mapped[int | None] = mapped_column(BigId)  # The file whose entry its decision is.
    bulk_id: Mapped[int | None] = foreign_key("bulk_request.id")
    bulk_index: Mapped[int | None] = mapped_column(Integer)  # Its place in the list, from 0.
    sub_request_id: Mapped[str | None] = mapped_column(String(40))  # İYS's name for it within the list.
    closed_at: Mapped[datetime | None]  # Nobody need look at it any more: a person closed it, or it was renewed.
    # Of a grant that nobody is told of: when it can be taken back no more, which may be to come.
    ended_at: Mapped[datetime | None]
    safe_deadline: Mapped[datetime]
    lenient_deadline: Mapped[datetime]
    created_at: Mapped[datetime]

    @property
    def is_open(self) -> bool:
        return self.outcome in OPEN_OUTCOMES


class Attempt(Base):
    """One answer (or silence) of İYS to one submission; evidence, never changed."""

    __tablename__ = "attempt"

    PLACE = "attempt.answer"

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    submission_id: Mapped[int] = foreign_key("submission.id")
    at: Mapped[datetime]
    question: Mapped[str] = mapped_column(String(20))  # portal.core.iys_protocol.Question
    http_status: Mapped[int] = mapped_column(Integer)  # 0: no answer came.
    code: Mapped[str | None] = mapped_column(String(20))
    answer: Mapped[bytes]  # Sealed: İYS repeats the address in its errors.
