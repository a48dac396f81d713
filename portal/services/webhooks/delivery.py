"""Turns of endpoints. In its turn an endpoint gets what is due to be tried again, then the events that it has not seen.

A turn begins with a lease on the endpoint and ends with one transaction that writes what came of it, the new position
included. Whoever is killed in between leaves the position as it was: the next turn sends the same again, with the same
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

MOST = 50  # Messages of a turn.
TURN_SECONDS = 5.0  # No message is begun later in a turn.
LEASE = timedelta(minutes=1)  # Longer than a turn whose last answer comes as late as it may.
SLOW_MILLISECONDS = 1000
CANDIDATES, TURNS = 50, 5  # Endpoints that a worker looks at, and serves before it looks again.
RETRIES = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 36_000)
)  # After the first attempt, the second, …
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=1)  # Of an endpoint whose attempts fail.
LONGEST_RETRY_AFTER = timedelta(hours=1)
OUTAGE = timedelta(minutes=10)  # After one, all that waits is tried at once, and what was given up.
OFF_AFTER = timedelta(days=5)  # Without a success.

log = structlog.get_logger()


@dataclass(frozen=True)
class Message:
    """What is sent: a row of the log, or an event that has none yet."""

    delivery: WebhookDelivery
    is_new: bool
    sequence: int  # Of its event; 0: a row of the log.
    body: bytes | None  # None: it cannot be made.


@dataclass(frozen=True)
class Turn:
    """A claimed endpoint, and what it is to get."""

    endpoint: WebhookEndpoint
    lease_until: datetime
    messages: Sequence[Message]
    position: int  # Once all of them are sent.

    @property
    def id(self) -> int:
        return self.endpoint.id


@dataclass(frozen=True)
class Attempt:
    message: Message
    answer: Answer
    at: datetime


@dataclass(frozen=True)
class Candidate:
    """An endpoint that has something to get, as a reader saw it."""

    id: int
    last: int  # The sequence of its provider's last event.
    has_due: bool  # Whether anything is to be tried again.


def deliver_next(transport: Transport, *, slow: bool = False) -> bool:
    """Give a few endpoints their turns; False if none has anything to get. Endpoints that fail or take long are `slow`:
    they keep workers of their own busy."""
    turns = 0
    for candidate in _candidates(read_session(), clock.now(), slow=slow):
        turn = _begin(candidate, clock.now())
        if turn is not None:
            _record(turn, _send(turn, transport), clock.now())
            turns += 1
        if turns == TURNS:
            break
    return turns > 0


def _candidates(session: Session, at: datetime, *, slow: bool) -> list[Candidate]:
    """Those that have waited longest, in any order: else all workers would reach for the same one."""
    own = Event.provider_id == WebhookEndpoint.provider_id, Event.sequence.is_not(None)
    last = func.coalesce(select(func.max(Event.sequence)).where(*own).scalar_subquery(), 0)
    has_due = exists().where(WebhookDelivery.endpoint_id == WebhookEndpoint.id, WebhookDelivery.due_at <= at)
    waiting = select(WebhookEndpoint.id, last, has_due).where(
        leases.is_due(WebhookEndpoint, at), WebhookEndpoint.is_slow.is_(slow),
        or_(WebhookEndpoint.position < last, has_due),
    )  # fmt: skip
    found = [Candidate(*row) for row in session.execute(waiting.order_by(WebhookEndpoint.due_at).limit(CANDIDATES))]
    random.shuffle(found)
    return found


def _begin(candidate: Candidate, at: datetime) -> Turn | None:
    """Lease an endpoint and read what it is to get; None if another worker was first."""
    mine = WebhookEndpoint.id == candidate.id, leases.is_due(WebhookEndpoint, at)
    claimed = leases.claim(db.session, WebhookEndpoint, *mine, at=at, lease=LEASE, returning=[WebhookEndpoint])
    endpoint: WebhookEndpoint | None = claimed[0][0] if claimed else None
    if endpoint is not None:
        make_transient(endpoint)
    db.session.commit()
    if endpoint is None:
        return None
    most = 1 if endpoint.failures else MOST
    due = _due_messages(endpoint, at, most) if candidate.has_due else []
    if len(due) == most:
        return Turn(endpoint, at + LEASE, due, endpoint.position)
    new, position = _new_messages(endpoint, candidate.last, at, most - len(due))
    return Turn(endpoint, at + LEASE, [*due, *new], position)


def _due_messages(endpoint: WebhookEndpoint, at: datetime, most: int) -> list[Message]:
    due = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.due_at <= at)
    rows = read_session().scalars(due.order_by(WebhookDelivery.due_at, WebhookDelivery.event_id).limit(most)).all()
    ids = [row.event_id for row in rows if row.event_id]
    bodies = _bodies(endpoint, read_session().scalars(select(Event).where(Event.id.in_(ids))).all()) if ids else {}
    return [
        Message(row, False, 0, bodies.get(row.event_id) if row.event_id else payloads.message_body(row)) for row in rows
    ]


def _new_messages(endpoint: WebhookEndpoint, last: int, at: datetime, most: int) -> tuple[list[Message], int]:
    """The next events that the endpoint wants, and its position after them: none up to `last` is unseen then."""
    events = read_session().scalars(endpoints.wanted(endpoint).order_by(Event.sequence).limit(most)).all()
    bodies = _bodies(endpoint, events)
    messages = [Message(_new_row(endpoint, each, at), True, each.sequence or 0, bodies.get(each.id)) for each in events]
    reached = messages[-1].sequence if messages else endpoint.position
    return messages, reached if len(events) == most else max(last, reached)


def _bodies(endpoint: WebhookEndpoint, events: Sequence[Event]) -> dict[int, bytes]:
    return payloads.event_bodies(read_session(), vault(), events, in_full=endpoint.shows_addresses)


def _new_row(endpoint: WebhookEndpoint, event: Event, at: datetime) -> WebhookDelivery:
    return WebhookDelivery(
        id=new_id(), provider_id=endpoint.provider_id, endpoint_id=endpoint.id, event_id=event.id,
        type=event.type.value, state=WebhookState.WAITING, attempts=0, created_at=at,
    )  # fmt: skip


def _send(turn: Turn, transport: Transport) -> list[Attempt]:
    """Send one after the other until one fails, the receiver wants no more, or the turn has lasted long enough."""
    attempts: list[Attempt] = []
    ends = time.monotonic() + TURN_SECONDS
    try:
        url = endpoints.read_url(vault(), turn.endpoint)
        secrets = endpoints.read_secrets(vault(), turn.endpoint, clock.now())
    except CannotOpen:
        return [Attempt(each, Answer(failure=Failure.UNREADABLE), clock.now()) for each in turn.messages[:1]]
    for message in turn.messages:
        if time.monotonic() > ends:
            break
        at, answer = clock.now(), Answer(failure=Failure.UNREADABLE)
        if message.body is not None:
            signed = signatures.headers(secrets, message.delivery.message_id, message.body, at)
            answer = transport.post(url, message.body, signed)
        attempts.append(Attempt(message, answer, at))
        if answer.is_gone or (message.body is not None and not answer.is_success):
            break
    return attempts


def _record(turn: Turn, attempts: Sequence[Attempt], at: datetime) -> None:
    """Let the endpoint of a turn go and write what came of it; nothing where the lease was lost, or the endpoint is
    gone. What its owner did meanwhile stays: that it is off, and a replay."""
    values = _endpoint_values(turn, attempts, at)
    failed_since = turn.endpoint.failing_since
    reason = _reason_to_stop(values, attempts, at)
    next_turn, position = literal(values["due_at"], UtcDateTime()), values["position"]
    values["due_at"] = case((WebhookEndpoint.due_at.is_not(None), next_turn), else_=None)
    is_unmoved = WebhookEndpoint.position == turn.endpoint.position
    values["position"] = case((is_unmoved, position), else_=WebhookEndpoint.position)
    if not leases.release(db.session, WebhookEndpoint, [turn], **values):
        db.session.rollback()
        return
    _write_log(attempts)
    if failed_since is not None and at - failed_since >= OUTAGE and values.get("failures") == 0:
        endpoints.catch_up(db.session, turn.id, failed_since, at)
    if reason is not None:
        endpoints.turn_off(db.session, turn.id, reason, at)
    db.session.commit()
    if reason is not None or any(not each.answer.is_success for each in attempts):
        log.info("webhook.failed", id=turn.id, tried=len(attempts), off=reason)


def _write_log(attempts: Sequence[Attempt]) -> None:
    rows = [(each.message, _result(each)) for each in attempts]
    insert_rows(db.session, WebhookDelivery, [row for message, row in rows if message.is_new])
    for message, row in rows:
        if not message.is_new:  # One that was to be sent again meanwhile stays as it is.
            mine = WebhookDelivery.id == row["id"], WebhookDelivery.attempts == message.delivery.attempts
            db.session.execute(update(WebhookDelivery).where(*mine).values(row))


def _result(attempt: Attempt) -> dict[str, Any]:
    """The row of an attempted message."""
    row, answer, number = attempt.message.delivery, attempt.answer, attempt.message.delivery.attempts + 1
    state, due_at = WebhookState.WAITING, None
    if answer.is_success:
        state = WebhookState.DELIVERED
    elif answer.control == Control.ABORT or attempt.message.body is None:
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


def _endpoint_values(turn: Turn, attempts: Sequence[Attempt], at: datetime) -> dict[str, Any]:
    """How the endpoint stands after a turn."""
    is_whole = len(attempts) == len(turn.messages)
    sequences = [each.message.sequence for each in attempts]
    values: dict[str, Any] = {
        "position": turn.position if is_whole else max([turn.endpoint.position, *sequences]),
        "is_slow": turn.endpoint.is_slow,
    }
    answers = [each.answer for each in attempts if each.message.body is not None]
    if any(each.is_success for each in answers):
        values |= {"failures": 0, "failing_since": None, "mailed_at": None, "succeeded_at": at}
    if answers:
        values["is_slow"] = not answers[-1].is_success or max(each.milliseconds for each in answers) > SLOW_MILLISECONDS
    if answers and not answers[-1].is_success:
        failures = values.get("failures", turn.endpoint.failures) + 1
        since = values.get("failing_since", turn.endpoint.failing_since) or attempts[-1].at
        values |= {"failures": failures, "failing_since": since}
    values["due_at"] = at + _pause(values.get("failures", 0), answers)
    return values


def _pause(failures: int, answers: Sequence[Answer]) -> timedelta:
    """Until the next turn."""
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
