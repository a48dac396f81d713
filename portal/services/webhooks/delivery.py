"""Deliver to endpoints, a batch at a time: first what is due to be tried again, then the events not yet seen.

A batch begins with a lease on the endpoint and ends with a transaction that writes what came of it, the new position
included. Whoever is killed in between leaves the position as it was: the next batch sends the same again, with the same
`webhook-id`. One thread reads and writes the database, for all batches that begin or have ended at once; others only
send, a batch each.
"""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Boolean, bindparam, case, exists, func, or_, select, update
from sqlalchemy.orm import Session

from portal.core import clock, leases
from portal.core.extensions import close_reader, db, read_session, vault
from portal.core.guarded_requests import Control, DeliveryFailure, Transport, WebhookAnswer
from portal.core.ids import new_id
from portal.core.models import Event, OffReason, WebhookDelivery, WebhookEndpoint, WebhookState
from portal.core.models.base import UtcDateTime
from portal.core.models.inserts import insert_rows
from portal.core.vault import CannotOpen, Vault
from portal.domain.webhooks import endpoints, signatures
from portal.services.webhooks import payloads

MAX_REQUESTS = 50  # Requests of a batch.
BATCH_SECONDS = 5.0  # No request of a batch begins later.
LEASE = timedelta(minutes=1)  # Longer than a batch whose last answer comes as late as it may.
STEP_SECONDS = 0.1  # Batches that end within it are recorded together.
SLOW_MILLISECONDS = 1000
MOST_SEEN = 50  # Endpoints that are looked at, of which others may serve some.
RETRIES = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 36_000)
)  # After the first attempt, the second, …
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=1)  # Of an endpoint whose attempts fail.
LONGEST_RETRY_AFTER = timedelta(hours=1)
OUTAGE = timedelta(minutes=10)  # After one, all that waits is tried at once, and what was given up.
OFF_AFTER = timedelta(days=5)  # Without a success.

ENDPOINTS, LOG = WebhookEndpoint.__table__, WebhookDelivery.__table__
# What its owner did during a batch stays: that the endpoint is off, and a replay.
WRITE_ENDPOINT = update(ENDPOINTS).where(ENDPOINTS.c.id == bindparam("endpoint_id")).values(
    due_at=case((ENDPOINTS.c.due_at.is_not(None), bindparam("next_due_at", type_=UtcDateTime())), else_=None),
    position=case((ENDPOINTS.c.position == bindparam("old_position"), bindparam("new_position")),
                  else_=ENDPOINTS.c.position),
    mailed_at=case((bindparam("has_succeeded", type_=Boolean()), None), else_=ENDPOINTS.c.mailed_at),
)  # fmt: skip
# A delivery that was to be sent again meanwhile stays as it is.
WRITE_RETRY = update(LOG).where(LOG.c.id == bindparam("row_id"), LOG.c.attempts == bindparam("attempts_before"))

log = structlog.get_logger()


@dataclass
class DueDelivery:
    """What is sent: a row of the log, or an event that has none yet."""

    row: WebhookDelivery
    event: Event | None  # None: a test or a heartbeat, or it is gone.
    is_new: bool
    body: bytes | None = None  # None: it cannot be made.


@dataclass(frozen=True)
class DeliveryAttempt:
    due: DueDelivery
    answer: WebhookAnswer
    at: datetime


@dataclass
class EndpointBatch:
    """A leased endpoint, what it is to get, and what came of it."""

    endpoint: WebhookEndpoint
    deliveries: Sequence[DueDelivery] = ()
    position: int = 0  # Once all of them are sent.
    attempts: list[DeliveryAttempt] = field(default_factory=list)


class Dispatcher:
    """Delivers in so many threads. Endpoints that fail or take long are `slow`: they keep threads of their own busy."""

    def __init__(self, transport: Transport, threads: int, *, slow: bool = False):
        self._transport, self._threads, self._slow = transport, threads, slow
        self._pool = ThreadPoolExecutor(threads)
        self._sending: dict[Future[None], EndpointBatch] = {}

    def step(self) -> bool:
        """Record the batches that have ended, and begin others; False if there are neither."""
        has_ended = self.record_ended(STEP_SECONDS)
        for batch in _begin_batches(self._threads - len(self._sending), clock.now(), slow=self._slow):
            self._sending[self._pool.submit(_send, batch, self._transport, vault())] = batch
        return has_ended or bool(self._sending)

    def record_ended(self, seconds: float | None) -> bool:
        """Write what came of the batches that end within so many seconds (None: of all); whether there are any."""
        ended = [(each, self._sending.pop(each)) for each in wait(self._sending, seconds).done]
        for future, batch in ended:
            if error := future.exception():
                log.error("webhook.batch_failed", id=batch.endpoint.id, exc_info=error)
        at, sent = clock.now(), [batch for future, batch in ended if not future.exception()]
        _isolate_error(lambda some: _record(some, at), sent)
        return bool(ended)


def _begin_batches(most: int, at: datetime, *, slow: bool) -> list[EndpointBatch]:
    """Lease up to so many endpoints and read what they are to get."""
    seen = _due_endpoints(read_session(), at, slow=slow) if most else {}
    if not seen:
        return []
    free = select(WebhookEndpoint.id).where(WebhookEndpoint.id.in_(seen), leases.is_due(WebhookEndpoint, at))
    ids = db.session.scalars(free.order_by(WebhookEndpoint.due_at).limit(most).with_for_update(skip_locked=True)).all()
    mine = WebhookEndpoint.id.in_(ids)
    claimed = leases.claim(db.session, WebhookEndpoint, mine, at=at, lease=LEASE, returning=[WebhookEndpoint])
    db.session.expunge_all()
    db.session.commit()
    batches = [EndpointBatch(endpoint) for (endpoint,) in claimed]
    return _isolate_error(lambda some: _read_batches(some, seen, at), batches)


def _isolate_error(act: Callable[[Sequence[EndpointBatch]], None], batches: list[EndpointBatch]) -> list[EndpointBatch]:
    """Do it with all batches at once; where that fails, with each alone. Those with which it was done; the others
    are tried again after their lease."""
    try:
        act(batches)
    except Exception as error:
        db.session.rollback()
        close_reader()
        if len(batches) > 1:
            return [each for batch in batches for each in _isolate_error(act, [batch])]
        for batch in batches:
            log.error("webhook.batch_failed", id=batch.endpoint.id, exc_info=error)
        return []
    return batches


def _read_batches(batches: Sequence[EndpointBatch], seen: dict[int, tuple[int, bool]], at: datetime) -> None:
    for batch in batches:
        batch.deliveries, batch.position = _read_batch(batch.endpoint, *seen[batch.endpoint.id], at)
    for in_full in (False, True):
        due = [each for batch in batches if batch.endpoint.shows_addresses is in_full for each in batch.deliveries]
        events = [each.event for each in due if each.event]
        bodies = payloads.event_bodies(read_session(), vault(), events, in_full=in_full)
        for each in due:
            each.body = bodies.get(each.row.event_id) if each.row.event_id else payloads.message_body(each.row)


def _due_endpoints(session: Session, at: datetime, *, slow: bool) -> dict[int, tuple[int, bool]]:
    """Those that have waited longest: the sequence of their provider's last event, and whether any delivery is to be
    tried again."""
    own = Event.provider_id == WebhookEndpoint.provider_id, Event.sequence.is_not(None)
    last = func.coalesce(select(func.max(Event.sequence)).where(*own).scalar_subquery(), 0)
    has_due = exists().where(WebhookDelivery.endpoint_id == WebhookEndpoint.id, WebhookDelivery.due_at <= at)
    waiting = select(WebhookEndpoint.id, last, has_due).where(
        leases.is_due(WebhookEndpoint, at), WebhookEndpoint.is_slow.is_(slow),
        or_(WebhookEndpoint.position < last, has_due),
    )  # fmt: skip
    rows = session.execute(waiting.order_by(WebhookEndpoint.due_at).limit(MOST_SEEN))
    return {endpoint_id: (sequence, has_any) for endpoint_id, sequence, has_any in rows}


def _read_batch(endpoint: WebhookEndpoint, last: int, has_due: bool, at: datetime) -> tuple[list[DueDelivery], int]:
    """What an endpoint is to get, and its position once it is sent."""
    most = 1 if endpoint.failures else MAX_REQUESTS
    due = _due_deliveries(endpoint, at, most) if has_due else []
    left = most - len(due)
    events = endpoints.find_wanted(read_session(), endpoint, left) if left else []
    reached = (events[-1].sequence or 0) if events else endpoint.position
    new = [
        WebhookDelivery(
            id=new_id(), provider_id=endpoint.provider_id, endpoint_id=endpoint.id, event_id=each.id,
            type=each.type.value, attempts=0, created_at=at,
        )
        for each in events
    ]  # fmt: skip
    due += [DueDelivery(row, event, True) for row, event in zip(new, events, strict=True)]
    return due, reached if len(events) == left else max(last, reached)


def _due_deliveries(endpoint: WebhookEndpoint, at: datetime, most: int) -> list[DueDelivery]:
    due = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.due_at <= at)
    rows = read_session().scalars(due.order_by(WebhookDelivery.due_at, WebhookDelivery.event_id).limit(most)).all()
    found = select(Event).where(Event.id.in_([row.event_id for row in rows]))
    events = {each.id: each for each in read_session().scalars(found)}
    return [DueDelivery(row, events.get(row.event_id or 0), False) for row in rows]


def _send(batch: EndpointBatch, transport: Transport, keys: Vault) -> None:
    """Send one after the other until one fails, the receiver wants no more, or the batch has lasted long enough."""
    ends = time.monotonic() + BATCH_SECONDS
    try:
        url = endpoints.read_url(keys, batch.endpoint)
        secrets = endpoints.read_secrets(keys, batch.endpoint, clock.now())
    except CannotOpen:
        unreadable = WebhookAnswer(failure=DeliveryFailure.UNREADABLE)
        batch.attempts += [DeliveryAttempt(each, unreadable, clock.now()) for each in batch.deliveries[:1]]
        return
    for due in batch.deliveries:
        if time.monotonic() > ends:
            break
        at, answer = clock.now(), WebhookAnswer(failure=DeliveryFailure.UNREADABLE)
        if due.body is not None:
            answer = transport.post(url, due.body, signatures.headers(secrets, due.row.message_id, due.body, at))
        batch.attempts.append(DeliveryAttempt(due, answer, at))
        if answer.is_gone or (due.body is not None and not answer.is_success):
            break


def _record(ended: Sequence[EndpointBatch], at: datetime) -> None:
    """Let endpoints go and write what came of their batches; nothing where the lease or the endpoint is gone."""
    ours = leases.release(db.session, WebhookEndpoint, [each.endpoint for each in ended])
    written = [(each, _endpoint_values(each, at)) for each in ended if each.endpoint.id in ours]
    if written:
        db.session.connection().execute(WRITE_ENDPOINT, [values for _, values in written])
        _write_log([each for batch, _ in written for each in batch.attempts])
    for batch, values in written:
        endpoint_id, failed_since = batch.endpoint.id, batch.endpoint.failing_since
        if failed_since is not None and at - failed_since >= OUTAGE and not values["failures"]:
            endpoints.catch_up(db.session, endpoint_id, failed_since, at)
        reason = _reason_to_stop(values, batch.attempts, at)
        if reason is not None:
            endpoints.turn_off(db.session, endpoint_id, reason, at)
        if reason is not None or any(not each.answer.is_success for each in batch.attempts):
            log.info("webhook.failed", id=endpoint_id, tried=len(batch.attempts), off=reason)
    db.session.commit()


def _write_log(attempts: Sequence[DeliveryAttempt]) -> None:
    rows = [(each.due, _result(each)) for each in attempts]
    insert_rows(db.session, WebhookDelivery, [row for due, row in rows if due.is_new])
    again = [row | {"row_id": due.row.id, "attempts_before": due.row.attempts} for due, row in rows if not due.is_new]
    if again:
        db.session.connection().execute(WRITE_RETRY, again)


def _result(attempt: DeliveryAttempt) -> dict[str, Any]:
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


def _endpoint_values(batch: EndpointBatch, at: datetime) -> dict[str, Any]:
    """How the endpoint stands after a batch: values of WRITE_ENDPOINT."""
    endpoint, attempts = batch.endpoint, batch.attempts
    told = [each.due.event.sequence or 0 for each in attempts if each.due.is_new and each.due.event]
    is_whole = len(attempts) == len(batch.deliveries)
    answers = [each.answer for each in attempts if each.due.body is not None]
    has_succeeded, has_failed = any(each.is_success for each in answers), any(not each.is_success for each in answers)
    failures, since = (0, None) if has_succeeded else (endpoint.failures, endpoint.failing_since)
    is_late = any(each.milliseconds > SLOW_MILLISECONDS for each in answers)
    return {
        "endpoint_id": endpoint.id, "old_position": endpoint.position,
        "new_position": batch.position if is_whole else max([endpoint.position, *told]),
        "is_slow": has_failed or is_late if answers else endpoint.is_slow,
        "has_succeeded": has_succeeded, "succeeded_at": at if has_succeeded else endpoint.succeeded_at,
        "failures": failures + has_failed, "failing_since": since or attempts[-1].at if has_failed else since,
        "next_due_at": at + _pause(failures + has_failed, answers),
    }  # fmt: skip


def _pause(failures: int, answers: Sequence[WebhookAnswer]) -> timedelta:
    """Until the next batch."""
    if not failures or not answers:
        return timedelta()
    return max(leases.backoff(failures, FIRST_PAUSE, LONGEST_PAUSE), _retry_after(answers[-1]))


def _retry_after(answer: WebhookAnswer) -> timedelta:
    return min(answer.retry_after or timedelta(), LONGEST_RETRY_AFTER)


def _reason_to_stop(values: dict[str, Any], attempts: Sequence[DeliveryAttempt], at: datetime) -> OffReason | None:
    if any(each.answer.is_gone for each in attempts):
        return OffReason.GONE
    since = values["failing_since"]
    return OffReason.FAILING if since is not None and at - since >= OFF_AFTER else None
