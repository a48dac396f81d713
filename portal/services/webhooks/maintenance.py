"""What endpoints need once in a while: a daily message with counts, a warning to their owners, and a log that ends."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.database import changed_rows
from portal.core.extensions import db
from portal.core.models import HEARTBEAT, OffReason, WebhookDelivery, WebhookEndpoint, WebhookState
from portal.domain.events import feed
from portal.domain.webhooks import endpoints

A_DAY = timedelta(days=1)
WARN_AFTER = timedelta(hours=1)  # Without a success.
LOG_KEPT = timedelta(days=30)
MOST_DELETED = 5_000  # In one transaction.


def find_heartbeats(session: Session, at: datetime) -> Sequence[int]:
    """Endpoints that are on and have not had their daily message."""
    due = select(WebhookEndpoint.id).where(WebhookEndpoint.due_at.is_not(None), WebhookEndpoint.heartbeat_at <= at)
    return session.scalars(due).all()


def queue_heartbeat(session: Session, endpoint: WebhookEndpoint, at: datetime) -> None:
    """Queue the daily message of a locked endpoint, unless another worker did. Each counts whole days from where the
    one before it ended."""
    if endpoint.due_at is None or endpoint.heartbeat_at > at:
        return
    since, until = endpoint.heartbeat_at - A_DAY, endpoint.heartbeat_at + (at - endpoint.heartbeat_at) // A_DAY * A_DAY
    endpoints.queue_message(session, endpoint, HEARTBEAT, _counts(session, endpoint, since, until), at)
    endpoint.heartbeat_at = until + A_DAY


def _counts(session: Session, endpoint: WebhookEndpoint, since: datetime, until: datetime) -> dict[str, object]:
    """What the receiver compares with what it got: how many events, by their state; and the last one's number."""
    counted = select(WebhookDelivery.state, func.count()).where(
        WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.event_id.is_not(None),
        WebhookDelivery.created_at >= since, WebhookDelivery.created_at < until,
    )  # fmt: skip
    counts = dict(session.execute(counted.group_by(WebhookDelivery.state)).all())
    return {
        "since": clock.istanbul(since).isoformat(timespec="seconds"),
        "until": clock.istanbul(until).isoformat(timespec="seconds"),
        **{state.value: counts.get(state, 0) for state in WebhookState},
        "lastSequence": endpoint.position,
    }


def find_unwarned(session: Session, at: datetime) -> Sequence[int]:
    """Endpoints whose owners do not know yet that nothing arrives, or that they are off."""
    is_off = WebhookEndpoint.off_reason.in_((OffReason.FAILING, OffReason.GONE))
    is_failing = and_(WebhookEndpoint.due_at.is_not(None), WebhookEndpoint.failing_since <= at - WARN_AFTER)
    unwarned = select(WebhookEndpoint.id).where(WebhookEndpoint.mailed_at.is_(None), or_(is_off, is_failing))
    return session.scalars(unwarned).all()


def delete_log(endpoint_id: int, at: datetime) -> None:
    """Turn off an endpoint that is to be removed, and delete its log, which may be long; commits several times."""
    endpoints.turn_off(db.session, endpoint_id, OffReason.PAUSED, at)
    db.session.commit()
    while endpoints.delete_log(db.session, endpoint_id, MOST_DELETED) == MOST_DELETED:
        db.session.commit()


def delete_old_deliveries(session: Session, at: datetime) -> int:
    """Delete up to MOST_DELETED rows of the log that are LOG_KEPT old; how many they were. What is still to be sent
    stays: its endpoint may be off."""
    ended = select(WebhookDelivery.id).join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id).where(
        WebhookDelivery.created_at < at - LOG_KEPT, WebhookDelivery.ended_at.is_not(None)
    )  # fmt: skip  # By way of the endpoints, as the index has it.
    return changed_rows(session, delete(WebhookDelivery).where(WebhookDelivery.id.in_(ended.limit(MOST_DELETED))))


def find_lost(session: Session, endpoint: WebhookEndpoint, at: datetime) -> tuple[int, int] | None:
    """The first and the last sequence that an endpoint which is off will not be told of any more, since events are
    deleted; not each of them is its provider's. None where nothing is lost."""
    if endpoint.off_at is None or endpoint.off_at > at - feed.KEPT:
        return None
    first = feed.find_first(session) or feed.find_last_sequence(session) + 1
    return (endpoint.position + 1, first - 1) if first > endpoint.position + 1 else None
