"""What gateways tell us of messages, and what became of it. Each piece of news is stored once, before anything is done
about it."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    LargeBinary,
    SQLColumnExpression,
    UniqueConstraint,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import BigId, Entity, foreign_key, partial_index
from portal.core.models.complaint import Complaint
from portal.core.models.recipient import of_same_mailboxes


class EventKind(StrEnum):
    PUSH = "push"  # A request of the vendor's, as it came: reports, replies or refusals.
    REPLY = "reply"  # What somebody wrote back.
    BLOCKED = "blocked"  # An address on the vendor's own list of refusals, or a complaint about a mail.
    SWEEP = "sweep"  # Each gateway has one, due again and again: ask the vendor for what was not pushed.


class EventOutcome(StrEnum):
    READ = "read"  # Each thing in a push is kept by itself, or says nothing.
    UNREADABLE = "unreadable"
    REFUSED = "refused"
    GRANTED = "granted"
    LIKELY_REFUSAL = "likely_refusal"  # Nothing is sent to its sender until a person has read it.
    REVIEW = "review"  # Likewise; it need not be read the same day.


TO_READ = (EventOutcome.LIKELY_REFUSAL, EventOutcome.REVIEW)


class GatewayEvent(Entity):
    __table_args__ = (
        UniqueConstraint("gateway_id", "digest"),
        partial_index("ix_gateway_event_due", "due_at", where="due_at IS NOT NULL"),
        partial_index("ix_gateway_event_to_read", "provider_id", "received_at", where="settled_at IS NULL"),
        partial_index("ix_gateway_event_reply", "gateway_id", "id", where="kind = 'reply'"),
        partial_index("ix_gateway_event_held", "recipient_id", where="settled_at IS NULL"),
    )

    PLACE = "gateway_event.body"

    provider_id: Mapped[int | None] = foreign_key("provider.id", index=False)  # None: of the operator's gateway.
    gateway_id: Mapped[int] = foreign_key("message_gateway.id", index=False)
    kind: Mapped[EventKind]
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))  # Keyed: of what makes it the same when it comes again.
    body: Mapped[bytes | None]  # Encrypted JSON; None once a push is read.
    received_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    outcome: Mapped[EventOutcome | None]
    recipient_id: Mapped[int | None] = foreign_key("recipient.id", index=False)  # Whose it is, as far as it is known.
    receipt_id: Mapped[int | None] = mapped_column(BigId)  # Of a refusal.
    settled_at: Mapped[datetime | None]  # None: a worker, or a person, has still to do something.
    user_id: Mapped[int | None] = mapped_column(BigId)  # The person.
    reminded_at: Mapped[datetime | None]  # When a mail last told the desk that it waits.


def may_have_refused(
    recipient_id: SQLColumnExpression[int], outcomes: Collection[EventOutcome] = TO_READ
) -> ColumnElement[bool]:  # fmt: skip
    """The condition that a reply of a recipient, or what they wrote in a case, may refuse, and nobody has read it yet,
    or that a vendor's word of a refusal waits: nothing is sent meanwhile, by no spelling of the mailbox, also none that
    the firm got since. No list of words knows all refusals, so what was not understood counts."""
    theirs = [GatewayEvent.outcome == each for each in outcomes]  # in_() is expanded again at each execution.
    is_one = or_(GatewayEvent.kind == EventKind.BLOCKED, *theirs)
    unread = select(GatewayEvent.recipient_id).where(
        is_one, GatewayEvent.settled_at.is_(None), GatewayEvent.recipient_id.is_not(None)
    )
    written = select(Complaint.recipient_id).where(Complaint.unread_since.is_not(None))
    heard: CompoundSelect[int] = union_all(unread, written)
    return recipient_id.in_(union_all(unread, written, *of_same_mailboxes(heard)))
