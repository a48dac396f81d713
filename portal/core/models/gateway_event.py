"""What gateways tell us of messages, and what became of it. Each piece of news is stored once, before anything is done
about it."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from functools import cache

from sqlalchemy import (
    ColumnElement,
    Integer,
    LargeBinary,
    SQLColumnExpression,
    UniqueConstraint,
    exists,
    false,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from portal.core.addresses import AddressKind
from portal.core.models.base import BigId, Entity, foreign_key, partial_index
from portal.core.models.complaint import Complaint
from portal.core.models.recipient import KNOWN, MOST_SPELLINGS, other_spellings


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
        partial_index(
            "ix_gateway_event_turn", "kind", "only_reports", "gateway_id", "due_at", where="due_at IS NOT NULL"
        ),
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
    # Of a push: nobody refuses in what is to be read of it, so it is read after all in which somebody may.
    only_reports: Mapped[bool] = mapped_column(default=False, server_default=false())
    failures: Mapped[int] = mapped_column(Integer, default=0, server_default="0")  # Of a sweep, in a row.
    outcome: Mapped[EventOutcome | None]
    recipient_id: Mapped[int | None] = foreign_key("recipient.id", index=False)  # Whose it is, as far as it is known.
    receipt_id: Mapped[int | None] = mapped_column(BigId)  # Of a refusal.
    settled_at: Mapped[datetime | None]  # None: a worker, or a person, has still to do something.
    user_id: Mapped[int | None] = mapped_column(BigId)  # The person.
    reminded_at: Mapped[datetime | None]  # When a mail last told the desk that it waits.


@cache  # Of columns of mapped classes, of which there are few: it costs as much as the rest of a statement.
def may_have_refused(
    recipient_id: SQLColumnExpression[int], outcomes: Collection[EventOutcome] = TO_READ
) -> ColumnElement[bool]:  # fmt: skip
    """The condition that a reply of a recipient, or what they wrote in a case, may refuse, and nobody has read it yet,
    or that a vendor's word of a refusal waits: nothing is sent meanwhile, by no spelling of the mailbox, also none that
    the firm got since. No list of words knows all refusals, so what was not understood counts."""
    otherwise: list[ColumnElement[bool]] = []
    for each in other_spellings(KNOWN):
        spelled = each.limit(MOST_SPELLINGS).subquery()  # As has_mailbox_refusal().
        theirs = exists().where(_has_unread_words(spelled.c.id, outcomes)).select_from(spelled)
        otherwise.append(theirs.correlate_except(spelled))
    of_mailbox = exists().where(KNOWN.id == recipient_id, KNOWN.kind == AddressKind.EMAIL, or_(*otherwise))
    return or_(_has_unread_words(recipient_id, outcomes), of_mailbox.correlate_except(KNOWN))


def _has_unread_words(
    recipient_id: SQLColumnExpression[int], outcomes: Collection[EventOutcome]
) -> ColumnElement[bool]:  # fmt: skip
    """The condition that a recipient's own words wait. As scalars, so that databases look at nobody else's, of whom
    thousands may wait."""
    theirs = [WAITING.outcome == each for each in outcomes]  # in_() is expanded again at each execution.
    is_one = or_(WAITING.kind == EventKind.BLOCKED, *theirs)
    told = select(WAITING.id).where(WAITING.recipient_id == recipient_id, WAITING.settled_at.is_(None), is_one)
    written = select(WRITTEN.id).where(WRITTEN.recipient_id == recipient_id, WRITTEN.unread_since.is_not(None))
    found = told.correlate_except(WAITING), written.correlate_except(WRITTEN)
    return or_(*(each.limit(1).scalar_subquery().is_not(None) for each in found))


WAITING, WRITTEN = aliased(GatewayEvent), aliased(Complaint)
