"""What endpoints need once in a while: a daily message with counts, a warning to their owners, and a log that ends."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.database import changed_rows
from portal.core.models import HEARTBEAT, OffReason, WebhookDelivery, WebhookEndpoint, WebhookState
from portal.domain.webhooks import endpoints

A_DAY = timedelta(days=1)
WARN_AFTER = timedelta(hours=1)  # Without a success.
LOG_KEPT = timedelta(days=30)
MOST_DELETED = 5_000  # In one transaction.


def queue_heartbeats(session: Session, at: datetime) -> int:
    """Queue the daily message of each endpoint that is on and has not had it; how many. Part of the caller's
    transaction."""
    due = select(WebhookEndpoint).where(WebhookEndpoint.due_at.is_not(None), WebhookEndpoint.heartbeat_at <= at)
    found = session.scalars(due.with_for_update(skip_locked=True)).all()
    for endpoint in found:
        since = endpoint.heartbeat_at - A_DAY
        endpoints.queue_message(session, endpoint, HEARTBEAT, _counts(session, endpoint, since), at)
        endpoint.heartbeat_at = max(endpoint.heartbeat_at + A_DAY, at)
    return len(found)


def _counts(session: Session, endpoint: WebhookEndpoint, since: datetime) -> dict[str, object]:
    """What the receiver compares with what it got: how many events since, by their state; and the last one's number."""
    counted = select(WebhookDelivery.state, func.count()).where(
        WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.event_id.is_not(None),
        WebhookDelivery.created_at >= since,
    )  # fmt: skip
    counts = dict(session.execute(counted.group_by(WebhookDelivery.state)).all())
    return {
        "since": clock.istanbul(since).isoformat(timespec="seconds"),
        **{state.value: counts.get(state, 0) for state in WebhookState},
        "lastSequence": endpoint.position,
    }


def find_unwarned(session: Session, at: datetime) -> Sequence[int]:
    """Endpoints whose owners do not know yet that nothing arrives, or that they are off."""
    is_off = WebhookEndpoint.off_reason.in_((OffReason.FAILING, OffReason.GONE))
    is_failing = and_(WebhookEndpoint.due_at.is_not(None), WebhookEndpoint.failing_since <= at - WARN_AFTER)
    unwarned = select(WebhookEndpoint.id).where(WebhookEndpoint.mailed_at.is_(None), or_(is_off, is_failing))
    return session.scalars(unwarned).all()


def delete_old_deliveries(session: Session, at: datetime) -> int:
    """Delete up to MOST_DELETED rows of the log that are LOG_KEPT old; how many they were."""
    old = select(WebhookDelivery.id).where(WebhookDelivery.created_at < at - LOG_KEPT).limit(MOST_DELETED)
    return changed_rows(session, delete(WebhookDelivery).where(WebhookDelivery.id.in_(old)))
