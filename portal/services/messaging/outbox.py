"""The message outbox: claim due rows, send them to the gateway, record the result. A gateway takes an id only once."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from flask import current_app
from sqlalchemy import and_, or_, select

from portal.core import clock, leases
from portal.core.extensions import db, read_session
from portal.core.iys_protocol import MESSAGE_CHANNELS
from portal.core.models import (
    Brand,
    Campaign,
    CampaignKind,
    Consent,
    Message,
    MessageKind,
    MessageState,
    Recipient,
    UnsentReason,
)
from portal.core.models.recipient import has_changed_hands
from portal.core.vault import CannotOpen
from portal.domain.campaigns.lifecycle import is_stopped
from portal.domain.consents.may_send import is_refused
from portal.domain.notifications import messages
from portal.services.messaging import outgoing_messages
from portal.services.messaging.gateways.demo import DemoGateway
from portal.services.messaging.gateways.protocol import OutgoingMessage

LEASE = timedelta(seconds=15)
BATCH = 50
FIRST_PAUSE = timedelta(seconds=15)


class RetryPolicy(NamedTuple):
    """How long a message waits for a gateway that does not take it."""

    longest_pause: timedelta
    attempts: int  # Some three days of them; then it has failed.


# A confirmation is due on the same day (Regulation art. 7), so its retries stay close together.
SHORT, LONG = RetryPolicy(timedelta(minutes=10), 440), RetryPolicy(timedelta(hours=2), 40)

log = structlog.get_logger()


def send_due(gateway_url: str) -> int:
    """Send a batch of due messages; return how many ended. 0: none is due, or the gateway is out of order.

    Each decision wakes this, so it takes no write lock while nothing is due, and spares a gateway that just failed.
    """
    if _is_resting(gateway_url, clock.now()) or not leases.is_any_due(read_session(), Message, clock.now()):
        return 0
    claimed, ended = _claim()
    if not claimed:
        return ended
    if DemoGateway(gateway_url).send(claimed):
        _mark_accepted(claimed)
        return len(claimed)
    _put_off([outgoing.id for outgoing in claimed])
    _resting_gateways()[gateway_url] = clock.now() + FIRST_PAUSE
    return 0


def _resting_gateways() -> dict[str, datetime]:
    """By gateway URL: until when this process spares one that was out of order."""
    resting: dict[str, datetime] = current_app.extensions.setdefault("resting_gateways", {})
    return resting


def _is_resting(gateway_url: str, at: datetime) -> bool:
    until = _resting_gateways().get(gateway_url)
    return until is not None and at < until <= at + FIRST_PAUSE  # Beyond that, the clock was set back.


def _claim() -> tuple[list[OutgoingMessage], int]:
    """What to send, urgent ranks first; and how many ended without being sent."""
    at = clock.now()
    rows = db.session.execute(
        select(Message, Recipient)
        .outerjoin(Recipient, Recipient.id == Message.recipient_id)
        .where(leases.is_due(Message, at))
        .order_by(Message.rank, Message.due_at)
        .limit(BATCH)
        .with_for_update(of=Message, skip_locked=True)
    ).all()
    ids = [message.id for message, _ in rows]
    refused, stopped = _refused_since(ids), _stopped(ids)
    claimed = []
    for message, recipient in rows:
        if message.id in stopped:
            message.due_at = None
            continue
        if message.id in refused or messages.is_expired(message, at):
            reason = UnsentReason.REFUSED if message.id in refused else UnsentReason.EXPIRED
            _end(message, MessageState.NOT_NEEDED, at, reason)
            continue
        try:
            claimed.append(outgoing_messages.outgoing_message_of(message, recipient))
        except outgoing_messages.NotNeeded as not_needed:
            _end(message, MessageState.NOT_NEEDED, at, not_needed.reason)
        except CannotOpen:  # Damaged, or its key is gone: the others go on.
            _end(message, MessageState.FAILED, at)
        except Exception:  # A bug of ours must not hold up the others.
            log.exception("message.unwritten", message=message.id)
            message.attempts += 1
            message.due_at = at + _pause(message)
    is_sent = Message.id.in_([outgoing.id for outgoing in claimed])
    leases.claim(db.session, Message, is_sent, at=at, lease=LEASE, attempts=Message.attempts + 1)
    db.session.commit()
    return claimed, len(rows) - len(claimed)


def _refused_since(message_ids: list[int]) -> set[int]:
    """Links for people who have refused meanwhile, by another link of the brand or anywhere else.

    Nobody is asked after a refusal or who has the address only since, nor offered a refusal over the channel that was
    refused.
    """
    asks = Campaign.kind == CampaignKind.ASK
    rows = db.session.scalars(
        select(Message.id)
        .join(Campaign, Campaign.id == Message.campaign_id)
        .join(Brand, Brand.id == Campaign.brand_id)
        .join(Recipient, Recipient.id == Message.recipient_id)
        .outerjoin(Consent, and_(Consent.recipient_id == Recipient.id, Consent.brand_id == Brand.id))
        .where(Message.id.in_(message_ids), Message.kind == MessageKind.INVITATION)
        .where(
            or_(and_(asks, has_changed_hands()), and_(or_(asks, Consent.channel.in_(MESSAGE_CHANNELS)), is_refused()))
        )
    )
    return set(rows)


def _stopped(message_ids: list[int]) -> set[int]:
    """Links whose campaign, brand or provider was stopped; they are due again when it goes on."""
    rows = select(Message.id).join(Campaign, Campaign.id == Message.campaign_id).where(Message.id.in_(message_ids))
    return set(db.session.scalars(rows.where(Message.kind == MessageKind.INVITATION, is_stopped())))


def _end(message: Message, state: MessageState, at: datetime, reason: UnsentReason | None = None) -> None:
    message.state, message.due_at, message.lease_until, message.ended_at = state, None, None, at
    message.unsent_reason = reason
    message.facts = None


def _mark_accepted(sent: list[OutgoingMessage]) -> None:
    at, texts = clock.now(), {outgoing.id: outgoing for outgoing in sent}
    for message in _still_waiting(texts):
        outgoing_messages.keep_text(message, texts[message.id])
        _end(message, MessageState.ACCEPTED, at)
    db.session.commit()


def _put_off(message_ids: list[int]) -> None:
    at = clock.now()
    for message in _still_waiting(message_ids):
        message.lease_until = None
        if message.due_at is None:  # Its campaign was closed meanwhile.
            continue
        message.due_at = at + _pause(message)
        if message.attempts >= _retry_policy(message).attempts:
            _end(message, MessageState.FAILED, at)
    db.session.commit()


def _still_waiting(message_ids: Iterable[int]) -> list[Message]:
    """Lock those that still wait: another sender may have claimed them after our lease ended."""
    theirs = select(Message).where(Message.id.in_(message_ids), Message.state == MessageState.WAITING)
    return list(db.session.scalars(theirs.order_by(Message.id).with_for_update()))


def _pause(message: Message) -> timedelta:
    return leases.backoff(message.attempts, FIRST_PAUSE, _retry_policy(message).longest_pause)


def _retry_policy(message: Message) -> RetryPolicy:
    return SHORT if message.rank == messages.AT_ONCE else LONG
