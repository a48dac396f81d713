"""Queues of messages: those of one provider to one kind of address, that people wait for or that they do not.

Queues take turns, so that one provider's million holds up nobody else. Messages that somebody waits for go first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select, update
from sqlalchemy.orm import Session

from portal.core import leases
from portal.core.addresses import AddressKind
from portal.core.models import GatewayState, Message, MessageGateway, Provider
from portal.domain.notifications.gateways import IN_USE
from portal.domain.notifications.messages import HIGH_PRIORITY, NORMAL_PRIORITY

MOST_PUT_OFF = 5000  # At once, while others cannot write.


@dataclass(frozen=True)
class MessageQueue:
    provider_id: int | None  # None: the portal itself.
    address_kind: AddressKind
    rank: int

    @property
    def condition(self) -> ColumnElement[bool]:
        return _is_queued(self.provider_id, self.address_kind, self.rank)


@dataclass(frozen=True)
class Defaults:
    """Who sends for those without a gateway of their own: the operator's send what people wait for, and the demo
    gateway whatever it may show."""

    kinds: frozenset[AddressKind]  # That a gateway of the operator's carries, which may send now.
    has_demo: bool
    is_development: bool  # The demo gateway stands in for every gateway.


def due_queues(
    session: Session, at: datetime, defaults: Defaults, *, only_high_priority: bool = False
) -> Iterator[MessageQueue]:
    """Queues that have something due and a gateway that may send it, in the order of their turns."""
    for rank in (HIGH_PRIORITY,) if only_high_priority else (HIGH_PRIORITY, NORMAL_PRIORITY):
        for provider_id, kind in session.execute(_queues_with_gateways(at, rank)).all():
            yield MessageQueue(provider_id, kind, rank)
        for kind in AddressKind:
            yield from _queues_without(session, at, defaults, kind, rank)


def _queues_with_gateways(at: datetime, rank: int) -> Select[int | None, AddressKind]:
    """Those of providers with gateways, of which one may send now; whose last turn was longest ago first."""
    gateway = MessageGateway
    return (
        select(gateway.provider_id, gateway.carries)
        .where(
            gateway.provider_id.is_not(None),
            gateway.state == GatewayState.WORKING,
            or_(gateway.next_at.is_(None), gateway.next_at <= at),
            or_(gateway.resting_until.is_(None), gateway.resting_until <= at),
            _has_due(gateway.provider_id, gateway.carries, rank, at),
        )
        .group_by(gateway.provider_id, gateway.carries)
        .order_by(func.min(gateway.served_at).nulls_first())
    )


def _queues_without(
    session: Session, at: datetime, defaults: Defaults, kind: AddressKind, rank: int
) -> Iterator[MessageQueue]:
    """Queues of the portal's own messages, and of providers without a gateway for this kind of address."""
    serves_rank = rank == HIGH_PRIORITY and kind in defaults.kinds
    serves_all = serves_rank or (defaults.has_demo and defaults.is_development)
    if not (defaults.has_demo or serves_rank):
        return
    if serves_all and session.scalar(select(_has_due(None, kind, rank, at))):
        yield MessageQueue(None, kind, rank)
    owns = exists().where(
        MessageGateway.provider_id == Provider.id, MessageGateway.carries == kind, MessageGateway.state.in_(IN_USE)
    )
    found = session.scalars(
        select(Provider.id)
        .where(
            or_(Provider.admitted_at.is_(None), and_(literal(serves_all), ~owns)), _has_due(Provider.id, kind, rank, at)
        )
        .order_by(func.random())
    )
    yield from [MessageQueue(provider_id, kind, rank) for provider_id in found]


def _has_due(provider_id: Any, address_kind: Any, rank: int, at: datetime) -> ColumnElement[bool]:
    return exists().where(_is_queued(provider_id, address_kind, rank), leases.is_due(Message, at))


def _is_queued(provider_id: Any, address_kind: Any, rank: int) -> ColumnElement[bool]:
    is_theirs = Message.provider_id.is_(None) if provider_id is None else Message.provider_id == provider_id
    return and_(is_theirs, Message.address_kind == address_kind, Message.rank == rank)


def gateways_of(session: Session, queue: MessageQueue) -> Sequence[MessageGateway]:
    """The provider's gateways for a queue, locked, the oldest first."""
    theirs = select(MessageGateway).where(
        MessageGateway.provider_id == queue.provider_id,
        MessageGateway.carries == queue.address_kind,
        MessageGateway.state.in_(IN_USE),
    )
    return session.scalars(theirs.order_by(MessageGateway.id).with_for_update()).all()


def put_off(session: Session, queue: MessageQueue, found: Sequence[Message], until: datetime, at: datetime) -> None:
    """Let messages wait that have no way now, so that the firm's others come next; also what else of their campaigns
    is due, as a campaign has more than anybody could look at again and again."""
    for message in found:
        message.due_at = until
    campaigns = {each.campaign_id for each in found if each.brand_id is None} - {None}
    theirs = queue.condition, Message.campaign_id.in_(campaigns), Message.brand_id.is_(None)
    due = select(Message.id).where(*theirs, Message.batch_id.is_(None), leases.is_due(Message, at))
    most = due.order_by(Message.due_at).limit(MOST_PUT_OFF).with_for_update(skip_locked=True)
    ids = session.scalars(most).all() if campaigns else []
    alike = update(Message).where(Message.id.in_(ids)).values(due_at=until)
    session.execute(alike.execution_options(synchronize_session=False))
