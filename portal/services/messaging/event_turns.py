"""Which news of accounts is read next: what may refuse before what only tells what became of messages. Of each,
accounts take turns, so that one's million holds up nobody else's."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.core import leases
from portal.core.models import EventKind, GatewayEvent, MessageGateway

# What may refuse: what people wrote, then pushes, which may bring more of it, or whom the vendor told to have refused.
REFUSING = ((EventKind.REPLY, False), (EventKind.PUSH, False), (EventKind.BLOCKED, False))
ONLY_REPORTS = ((EventKind.PUSH, True),)
Queue = tuple[EventKind, bool]
Due = Row[int, EventKind, int]  # An event's id, kind and gateway.


def find_next(
    session: Session, kinds: Collection[EventKind], at: datetime, *, only_reports: bool = False
) -> Due | None:  # fmt: skip
    """The due event whose turn it is; of what `only_reports`, or of all."""
    for queues in (ONLY_REPORTS,) if only_reports else (REFUSING, ONLY_REPORTS):
        asked = [queue for queue in _in_turn(queues, at) if queue[0] in kinds]
        if asked and (found := _find_of_turn(session, asked, at)):
            return found
    return None


def _in_turn(queues: Sequence[Queue], at: datetime) -> Sequence[Queue]:
    """Of an account, what people wrote first; of the rest either half of the times, as the clock's microseconds fall:
    a complaint waits behind no thousand pushes, nor a reply in one behind a vendor's whole list."""
    first, *rest = queues
    return [first, *(reversed(rest) if at.microsecond % 2 else rest)]


def find_next_sweep(session: Session, at: datetime, *conditions: ColumnElement[bool]) -> Due | None:
    """The sweep that has been due for longest."""
    due = _events(GatewayEvent.kind == EventKind.SWEEP, leases.is_due(GatewayEvent, at), *conditions)
    return session.execute(due).first()


def note_turn(session: Session, gateway_id: int, at: datetime) -> None:
    its = update(MessageGateway).where(MessageGateway.id == gateway_id).values(news_read_at=at)
    session.execute(its.execution_options(synchronize_session=False))


def oldest_due(session: Session, at: datetime, *, only_reports: bool) -> datetime | None:
    """Since when the oldest news has waited to be read: what only reports, or what may refuse."""
    queues = ONLY_REPORTS if only_reports else REFUSING
    oldest = select(*(_first_due(GatewayEvent.due_at, each, at) for each in queues)).select_from(MessageGateway)
    rows = session.execute(oldest).all()
    return min((due_at for row in rows for due_at in row if due_at), default=None)


def _find_of_turn(session: Session, queues: Collection[Queue], at: datetime) -> Due | None:
    has_due = or_(*(_first_due(GatewayEvent.id, each, at).is_not(None) for each in queues))
    turn = select(MessageGateway.id).where(has_due)
    turn = turn.order_by(MessageGateway.news_read_at.nulls_first(), MessageGateway.id).limit(1)
    if (gateway_id := session.scalar(turn)) is None:
        return None
    for queue in queues:
        due = _events(GatewayEvent.gateway_id == gateway_id, _is_queued(queue), leases.is_due(GatewayEvent, at))
        if found := session.execute(due).first():
            return found
    return None


def _first_due(column: InstrumentedAttribute[Any], queue: Queue, at: datetime) -> ColumnElement[Any]:
    """Of an account's event that has been due for longest. As a scalar, so that databases look it up account by account
    and not through all that is due, of which there may be a million."""
    its = GatewayEvent.gateway_id == MessageGateway.id, _is_queued(queue), leases.is_due(GatewayEvent, at)
    first = select(column).where(*its).order_by(GatewayEvent.due_at).limit(1)
    return first.correlate(MessageGateway).scalar_subquery()


def _is_queued(queue: Queue) -> ColumnElement[bool]:
    kind, only_reports = queue
    return and_(GatewayEvent.kind == kind, GatewayEvent.only_reports == only_reports)


def _events(*conditions: ColumnElement[bool]) -> Select[int, EventKind, int]:
    columns = GatewayEvent.id, GatewayEvent.kind, GatewayEvent.gateway_id
    return select(*columns).where(*conditions).order_by(GatewayEvent.due_at).limit(1)
