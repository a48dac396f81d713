"""Deliver to endpoints, a batch at a time: first what is due to be tried again, then the events not yet seen.

A batch begins with a lease on the endpoint and ends with one transaction that writes what came of it, the new position
included. Whoever is killed in between leaves the position as it was: the next batch sends the same again, with the same
`webhook-id`.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import case, exists, func, literal, or_, select, update
from sqlalchemy.orm import Session, make_transient

from portal.core import clock, leases
from portal.core.extensions import db, read_session, vault
from portal.core.models import Event, OffReason, WebhookDelivery, WebhookEndpoint, WebhookState
from portal.core.models.base import UtcDateTime
from portal.core.models.ids import new_id
from portal.core.models.inserts import insert_rows
from portal.core.vault import CannotOpen
from portal.domain.webhooks import endpoints, signatures
from portal.services.webhooks import payloads
from portal.services.webhooks.transport import Answer, Control, Failure, Transport

MOST = 50  # Requests of a batch.
BATCH_SECONDS = 5.0  # No request of a batch begins later.
LEASE = timedelta(minutes=1)  # Longer than a batch whose last answer comes as late as it may.
SLOW_MILLISECONDS = 1000
MOST_SEEN, MOST_SERVED = 50, 5  # Endpoints that a worker looks at, and serves before it looks again.
RETRIES = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 36_000)
)  # After the first attempt, the second, …
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=1)  # Of an endpoint whose attempts fail.
LONGEST_RETRY_AFTER = timedelta(hours=1)
OUTAGE = timedelta(minutes=10)  # After one, all that waits is tried at once, and what was given up.
OFF_AFTER = timedelta(days=5)  # Without a success.

log = structlog.get_logger()


@dataclass(frozen=True)
class DueDelivery:
    """What is sent: a row of the log, or an event that has none yet."""

    row: WebhookDelivery
    is_new: bool
    sequence: int  # Of its event; 0: a row of the log.
    body: bytes | None  # None: it cannot be made.


@dataclass(frozen=True)
class EndpointBatch:
    """A claimed endpoint, and what it is to get."""

    endpoint: WebhookEndpoint
    lease_until: datetime
    deliveries: Sequence[DueDelivery]
    position: int  # Once all of them are sent.

    @property
    def id(self) -> int:
        return self.endpoint.id


@dataclass(frozen=True)
class Attempt:
    due: DueDelivery
    answer: Answer
    at: datetime


@dataclass(frozen=True)
class DueEndpoint:
    """An endpoint that has something to get, as a reader saw it."""

    id: int
    last: int  # The sequence of its provider's last event.
    has_due: bool  # Whether anything is to be tried again.


def deliver_next(transport: Transport, *, slow: bool = False) -> bool:
    """Give a few endpoints a batch each; False if none has anything due. Endpoints that fail or take long are `slow`:
    they keep workers of their own busy."""
    served = 0
    for due_endpoint in _due_endpoints(read_session(), clock.now(), slow=slow):
        batch = _begin(due_endpoint, clock.now())
        if batch is not None:
            _record(batch, _send(batch, transport), clock.now())
            served += 1
        if served == MOST_SERVED:
            break
    return served > 0


def _due_endpoints(session: Session, at: datetime, *, slow: bool) -> list[DueEndpoint]:
    """Those that have waited longest, in any order: else all workers would reach for the same one."""
    own = Event.provider_id == WebhookEndpoint.provider_id, Event.sequence.is_not(None)
    last = func.coalesce(select(func.max(Event.sequence)).where(*own).scalar_subquery(), 0)
    has_due = exists().where(WebhookDelivery.endpoint_id == WebhookEndpoint.id, WebhookDelivery.due_at <= at)
    waiting = select(WebhookEndpoint.id, last, has_due).where(
        leases.is_due(WebhookEndpoint, at), WebhookEndpoint.is_slow.is_(slow),
        or_(WebhookEndpoint.position < last, has_due),
    )  # fmt: skip
    found = [DueEndpoint(*row) for row in session.execute(waiting.order_by(WebhookEndpoint.due_at).limit(MOST_SEEN))]
    random.shuffle(found)
    return found


def _begin(due_endpoint: DueEndpoint, at: datetime) -> EndpointBatch | None:
    """Lease an endpoint and read what it is to get; None if another worker was first."""
    mine = WebhookEndpoint.id == due_endpoint.id, leases.is_due(WebhookEndpoint, at)
    claimed = leases.claim(db.session, WebhookEndpoint, *mine, at=at, lease=LEASE, returning=[WebhookEndpoint])
    endpoint: WebhookEndpoint | None = claimed[0][0] if claimed else None
    if endpoint is not None:
        make_transient(endpoint)
    db.session.commit()
    if endpoint is None:
        return None
    most = 1 if endpoint.failures else MOST
    due = _due_deliveries(endpoint, at, most) if due_endpoint.has_due else []
    if len(due) == most:
        return EndpointBatch(endpoint, at + LEASE, due, endpoint.position)
    new, position = _new_deliveries(endpoint, due_endpoint.last, at, most - len(due))
    return EndpointBatch(endpoint, at + LEASE, [*due, *new], position)


def _due_deliveries(endpoint: WebhookEndpoint, at: datetime, most: int) -> list[DueDelivery]:
    due = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.due_at <= at)
    rows = read_session().scalars(due.order_by(WebhookDelivery.due_at, WebhookDelivery.event_id).limit(most)).all()
    ids = [row.event_id for row in rows if row.event_id]
    bodies = _bodies(endpoint, read_session().scalars(select(Event).where(Event.id.in_(ids))).all()) if ids else {}
    return [
        DueDelivery(row, False, 0, bodies.get(row.event_id) if row.event_id else payloads.message_body(row))
        for row in rows
    ]


def _new_deliveries(endpoint: WebhookEndpoint, last: int, at: datetime, most: int) -> tuple[list[DueDelivery], int]:
    """The next events that the endpoint wants, and its position after them: none up to `last` is unseen then."""
    events = read_session().scalars(endpoints.wanted(endpoint).order_by(Event.sequence).limit(most)).all()
    bodies = _bodies(endpoint, events)
    deliveries = [
        DueDelivery(_new_row(endpoint, each, at), True, each.sequence or 0, bodies.get(each.id)) for each in events
    ]
    reached = deliveries[-1].sequence if deliveries else endpoint.position
    return deliveries, reached if len(events) == most else max(last, reached)


def _bodies(endpoint: WebhookEndpoint, events: Sequence[Event]) -> dict[int, bytes]:
    return payloads.event_bodies(read_session(), vault(), events, in_full=endpoint.shows_addresses)


def _new_row(endpoint: WebhookEndpoint, event: Event, at: datetime) -> WebhookDelivery:
    return WebhookDelivery(
        id=new_id(), provider_id=endpoint.provider_id, endpoint_id=endpoint.id, event_id=event.id,
        type=event.type.value, state=WebhookState.WAITING, attempts=0, created_at=at,
    )  # fmt: skip


def _send(batch: EndpointBatch, transport: Transport) -> list[Attempt]:
    """Send one after the other until one fails, the receiver wants no more, or the batch has lasted long enough."""
    attempts: list[Attempt] = []
    ends = time.monotonic() + BATCH_SECONDS
    try:
        url = endpoints.read_url(vault(), batch.endpoint)
        secrets = endpoints.read_secrets(vault(), batch.endpoint, clock.now())
    except CannotOpen:
        return [Attempt(each, Answer(failure=Failure.UNREADABLE), clock.now()) for each in batch.deliveries[:1]]
    for due in batch.deliveries:
        if time.monotonic() > ends:
            break
        at, answer = clock.now(), Answer(failure=Failure.UNREADABLE)
        if due.body is not None:
            signed = signatures.headers(secrets, due.row.message_id, due.body, at)
            answer = transport.post(url, due.body, signed)
        attempts.append(Attempt(due, answer, at))
        if answer.is_gone or (due.body is not None and not answer.is_success):
            break
    return attempts


def _record(batch: EndpointBatch, attempts: Sequence[Attempt], at: datetime) -> None:
    """Let the endpoint of a batch go and write what came of it; nothing where the lease was lost, or the endpoint is
    gone. What its owner did meanwhile stays: that it is off, and a replay."""
    values = _endpoint_values(batch, attempts, at)
    failed_since = batch.endpoint.failing_since
    reason = _reason_to_stop(values, attempts, at)
    next_batch, position = literal(values["due_at"], UtcDateTime()), values["position"]
    values["due_at"] = case((WebhookEndpoint.due_at.is_not(None), next_batch), else_=None)
    is_unmoved = WebhookEndpoint.position == batch.endpoint.position
    values["position"] = case((is_unmoved, position), else_=WebhookEndpoint.position)
    if not leases.release(db.session, WebhookEndpoint, [batch], **values):
        db.session.rollback()
        return
    _write_log(attempts)
    if failed_since is not None and at - failed_since >= OUTAGE and values.get("failures") == 0:
        endpoints.catch_up(db.session, batch.id, failed_since, at)
    if reason is not None:
        endpoints.turn_off(db.session, batch.id, reason, at)
    db.session.commit()
    if reason is not None or any(not each.answer.is_success for each in attempts):
        log.info("webhook.failed", id=batch.id, tried=len(attempts), off=reason)


def _write_log(attempts: Sequence[Attempt]) -> None:
    rows = [(each.due, _result(each)) for each in attempts]
    insert_rows(db.session, WebhookDelivery, [row for due, row in rows if due.is_new])
    for due, row in rows:
        if not due.is_new:  # One that was to be sent again meanwhile stays as it is.
            mine = WebhookDelivery.id == row["id"], WebhookDelivery.attempts == due.row.attempts
            db.session.execute(update(WebhookDelivery).where(*mine).values(row))


def _result(attempt: Attempt) -> dict[str, Any]:
    """The row of an attempted delivery."""
    row, answer, number = attempt.due.row, attempt.answer, attempt.due.row.attempts + 1
    state, due_at = WebhookState.WAITING, None
    if answer.is_success:
        state = WebhookState.DELIVERED
    elif answer.control == Control.ABORT or attempt.due.body is None:
        state = WebhookState.ABORTED
    elif number > len(RETRIES):
        state = WebhookState.FAILED
    else:
        pause = RETRIES[number - 1] * (0.9 + random.random() / 5)
        due_at = attempt.at + max(pause, _retry_after(answer))
    return {
        "id": row.id, "provider_id": row.provider_id, "endpoint_id": row.endpoint_id, "event_id": row.event_id,
        "type": row.type, "facts": row.facts, "state": state, "attempts": number, "due_at": due_at,
        "attempted_at": attempt.at, "status": answer.status, "error": answer.failure.value if answer.failure else None,
        "milliseconds": answer.milliseconds, "created_at": row.created_at,
        "ended_at": None if due_at else attempt.at,
    }  # fmt: skip


def _endpoint_values(batch: EndpointBatch, attempts: Sequence[Attempt], at: datetime) -> dict[str, Any]:
    """How the endpoint stands after a batch."""
    is_whole = len(attempts) == len(batch.deliveries)
    sequences = [each.due.sequence for each in attempts]
    values: dict[str, Any] = {
        "position": batch.position if is_whole else max([batch.endpoint.position, *sequences]),
        "is_slow": batch.endpoint.is_slow,
    }
    answers = [each.answer for each in attempts if each.due.body is not None]
    if any(each.is_success for each in answers):
        values |= {"failures": 0, "failing_since": None, "mailed_at": None, "succeeded_at": at}
    if answers:
        values["is_slow"] = not answers[-1].is_success or max(each.milliseconds for each in answers) > SLOW_MILLISECONDS
    if answers and not answers[-1].is_success:
        failures = values.get("failures", batch.endpoint.failures) + 1
        since = values.get("failing_since", batch.endpoint.failing_since) or attempts[-1].at
        values |= {"failures": failures, "failing_since": since}
    values["due_at"] = at + _pause(values.get("failures", 0), answers)
    return values


def _pause(failures: int, answers: Sequence[Answer]) -> timedelta:
    """Until the next batch."""
    if not failures or not answers:
        return timedelta()
    return max(leases.backoff(failures, FIRST_PAUSE, LONGEST_PAUSE), _retry_after(answers[-1]))


def _retry_after(answer: Answer) -> timedelta:
    return min(answer.retry_after or timedelta(), LONGEST_RETRY_AFTER)


def _reason_to_stop(values: dict[str, Any], attempts: Sequence[Attempt], at: datetime) -> OffReason | None:
    if any(each.answer.is_gone for each in attempts):
        return OffReason.GONE
    since = values.get("failing_since")
    return OffReason.FAILING if since is not None and at - since >= OFF_AFTER else None
