"""The outbox of decisions for İYS, one by one or in bulk requests, and the log of attempts to send them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Index, Integer, String, and_, case, func, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.iys_protocol.enums import Channel, Status
from portal.core.models.base import BigId, Entity, TransactionId, foreign_key, partial_index


class BulkState(StrEnum):
    FORMED = "formed"  # To be sent.
    HELD = "held"  # The success rate is low: a person must release it.
    SENT = "sent"  # İYS has it; its result is fetched when due.
    ENDED = "ended"  # Every item has its outcome, or left the list.


class BulkRequest(Entity):
    """A list of up to 1000 grants of one brand and channel (`bulk_id`, `bulk_index`). İYS gives its result later."""

    __table_args__ = (Index("ix_bulk_request_due", "due_at"),)

    provider_id: Mapped[int] = foreign_key("provider.id")
    brand_id: Mapped[int] = foreign_key("brand.id", index=False)
    channel: Mapped[Channel | None]  # None: an older list, of any.
    endpoint: Mapped[str] = mapped_column(String(120))
    size: Mapped[int] = mapped_column(Integer)  # Submissions.
    state: Mapped[BulkState] = mapped_column(default=BulkState.FORMED)
    due_at: Mapped[datetime | None]  # Next send, check while held, or fetch of the result; None once ended.
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    request_id: Mapped[str | None] = mapped_column(String(40))  # İYS's requestId.
    code: Mapped[str | None] = mapped_column(String(20))  # İYS's last error code.
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]  # When a person released it despite the low success rate.
    released_by: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[datetime]


class Outcome(StrEnum):
    """The state of a submission; the first three are open."""

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
TAKEN_OUTCOMES = (Outcome.ACCEPTED, Outcome.VERIFIED)  # İYS took the submission.
TOLD_NOBODY = ("PRACTICE", "EXEMPT")  # Codes of what is NOT_NEEDED since İYS is told nothing of the brand at all.


class Lane(StrEnum):
    """Queues in order of priority: refusals have their own, which grants never delay."""

    REFUSALS = "refusals"
    PEOPLE = "people"  # Grants by people, one by one.
    BULK = "bulk"  # Grants in lists of up to 1000.


class Submission(Entity):
    """A decision's frozen payload and endpoint, sent byte for byte until İYS answers.

    While it is part of a bulk request (`bulk_id`), that one is due, and its own `due_at` is far in the future.
    """

    __table_args__ = (
        # By provider: a blocked one must not slow down the search for others.
        partial_index("ix_submission_lane_due", "lane", "provider_id", "due_at", where="due_at IS NOT NULL"),
        partial_index("ix_submission_too_late", "lenient_deadline", where="due_at IS NOT NULL"),
        Index("ix_submission_provider_outcome", "provider_id", "outcome"),
        partial_index("ix_submission_bulk", "bulk_id", where="bulk_id IS NOT NULL"),
        Index("ix_submission_transaction", "transaction_id", postgresql_using="hash"),
        # For queries by day of acceptance.
        partial_index("ix_submission_accepted", "provider_id", "accepted_at", where="accepted_at IS NOT NULL"),
        partial_index("ix_submission_batch", "batch_id", "outcome", where="batch_id IS NOT NULL"),
    )

    PLACE = "submission.payload"

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    consent_id: Mapped[int] = foreign_key("consent.id")
    decision_id: Mapped[int] = foreign_key("decision.id", unique=True, index=False)
    lane: Mapped[Lane]
    status: Mapped[Status]
    consent_date: Mapped[datetime]  # Its place in its key's order, also where İYS is told no date.
    endpoint: Mapped[str] = mapped_column(String(120))
    payload: Mapped[bytes]  # Encrypted.
    outcome: Mapped[Outcome] = mapped_column(default=Outcome.WAITING)
    due_at: Mapped[datetime | None]  # None: nothing left to do.
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    code: Mapped[str | None] = mapped_column(String(20))  # İYS's last error code.
    transaction_id: Mapped[str | None] = mapped_column(TransactionId)
    accepted_at: Mapped[datetime | None]  # İYS's creationDate.
    verified_at: Mapped[datetime | None]  # When it was found in İYS's records.
    batch_id: Mapped[int | None] = mapped_column(BigId)  # The import its decision is from.
    bulk_id: Mapped[int | None] = foreign_key("bulk_request.id", index=False)  # The list it is in, or was in last.
    bulk_index: Mapped[int | None] = mapped_column(Integer)  # Its position there from 0; once sent, in what was sent.
    sub_request_id: Mapped[str | None] = mapped_column(String(40))  # İYS's id for it there, until it is accepted.
    closed_at: Mapped[datetime | None]  # Needs no attention: a user closed it, or it was re-issued.
    ended_at: Mapped[datetime | None]  # Of a grant that is not sent: until when it can be undone, maybe in the future.
    safe_deadline: Mapped[datetime]
    lenient_deadline: Mapped[datetime]
    created_at: Mapped[datetime]

    @property
    def is_open(self) -> bool:
        return self.outcome in OPEN_OUTCOMES

    @classmethod
    def is_unclaimed(cls) -> ColumnElement[bool]:
        """The condition that nobody has begun to send it."""
        return and_(cls.attempts == 0, cls.lease_until.is_(None), cls.bulk_id.is_(None))

    @classmethod
    def is_told_nobody(cls) -> ColumnElement[bool]:
        """The condition that İYS is told nothing of its brand."""
        return and_(cls.outcome == Outcome.NOT_NEEDED, cls.code.in_(TOLD_NOBODY))


def told_next_at() -> ColumnElement[datetime | None]:
    """When İYS is told or asked next of a submission: one in a list when the list is, since its own date is far off."""
    of_list = select(BulkRequest.due_at).where(BulkRequest.id == Submission.bulk_id).scalar_subquery()
    return case((Submission.due_at.is_not(None), func.coalesce(of_list, Submission.due_at)))


class Attempt(Entity):
    """One answer of İYS (or none) to one submission. Append-only evidence."""

    PLACE = "attempt.answer"

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    submission_id: Mapped[int] = foreign_key("submission.id")
    at: Mapped[datetime]
    question: Mapped[str] = mapped_column(String(20))  # iys_protocol.Operation
    http_status: Mapped[int] = mapped_column(Integer)  # 0: no answer.
    code: Mapped[str | None] = mapped_column(String(20))
    answer: Mapped[bytes]  # Encrypted: İYS repeats the address in errors.
