"""Message rows to the gateway: claim, POST, record. The gateway takes an id once, so a repeat sends nothing twice."""

import random
from datetime import datetime, timedelta

import requests
from sqlalchemy import and_, or_, select, update

from portal import clock, recipients
from portal.extensions import db, vault
from portal.models import Campaign, CampaignKind, Consent, Message, MessageState, Recipient
from portal.registry import Status
from portal.vault import CannotOpen

TIMEOUT = (3.05, 6.0)
LEASE = timedelta(seconds=15)
BATCH = 50
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(hours=2)
GIVE_UP = 40  # Attempts: some three days.


def send_due(gateway_url: str) -> int:
    """Send a batch of due messages; how many are done with. None: nothing is due, or the gateway is out of order."""
    claimed, ended = _claim()
    if not claimed:
        return ended
    taken = _post(gateway_url, [body for _, body in claimed])
    if taken:
        _accept([message_id for message_id, _ in claimed])
    else:
        _put_off([message_id for message_id, _ in claimed])
    return len(claimed) if taken else 0


def _claim() -> tuple[list[tuple[int, dict]], int]:
    """What to send, by message id; and how many ended without being sent."""
    at = clock.now()
    free = or_(Message.lease_until.is_(None), Message.lease_until <= at)
    rows = db.session.execute(
        select(Message, Recipient)
        .join(Recipient, Recipient.id == Message.recipient_id)
        .where(Message.due_at <= at, free)
        .order_by(Message.due_at)
        .limit(BATCH)
        .with_for_update(of=Message, skip_locked=True)
    ).all()
    refused = _refused_since([message.id for message, _ in rows])
    bodies = []
    for message, recipient in rows:
        if message.id in refused:
            _end(message, MessageState.NOT_NEEDED, at)
            continue
        try:
            bodies.append((message.id, _body(message, recipient)))
        except CannotOpen:  # Damaged, or its key is gone: the others go on.
            _end(message, MessageState.FAILED, at)
        else:
            message.lease_until = at + LEASE
            message.attempts += 1
    db.session.commit()
    return bodies, len(rows) - len(bodies)


def _refused_since(message_ids: list[int]) -> set[int]:
    """Requests to people who have refused meanwhile, by another link of the brand: nobody is asked after a refusal."""
    rows = db.session.scalars(
        select(Message.id)
        .join(Campaign, Campaign.id == Message.campaign_id)
        .join(Consent, and_(Consent.recipient_id == Message.recipient_id, Consent.brand_id == Campaign.brand_id))
        .where(Message.id.in_(message_ids), Campaign.kind == CampaignKind.ASK, Consent.status == Status.REFUSED)
    )
    return set(rows)


def _body(message: Message, recipient: Recipient) -> dict:
    text = vault().read(message.text, Message.PLACE, message.provider_id, message.id)
    return {"id": message.id, "to": recipients.address_of(vault(), recipient), "text": text}


def _end(message: Message, state: MessageState, at: datetime) -> None:
    message.state, message.due_at, message.lease_until, message.ended_at = state, None, None, at


def _post(gateway_url: str, messages: list[dict]) -> bool:
    try:
        answer = requests.post(
            f"{gateway_url}/messages", json={"messages": messages}, timeout=TIMEOUT, allow_redirects=False
        )
        return answer.status_code == 202
    except requests.RequestException:
        return False


def _accept(message_ids: list[int]) -> None:
    taken = {"state": MessageState.ACCEPTED, "due_at": None, "lease_until": None, "ended_at": clock.now()}
    db.session.execute(update(Message).where(Message.id.in_(message_ids)).values(taken))
    db.session.commit()


def _put_off(message_ids: list[int]) -> None:
    at = clock.now()
    for message in db.session.scalars(select(Message).where(Message.id.in_(message_ids))):
        message.lease_until = None
        message.due_at = at + _pause(message.attempts)
        if message.attempts >= GIVE_UP:
            _end(message, MessageState.FAILED, at)
    db.session.commit()


def _pause(attempts: int) -> timedelta:
    """Twice as long each time, and never quite the same for all."""
    return min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE) * (0.75 + random.random() / 2)
