"""Message rows to the gateway: claim, POST, record. The gateway takes an id once, so a repeat sends nothing twice."""

import random
from datetime import timedelta

import requests
from sqlalchemy import or_, select, update

from portal import clock, recipients
from portal.extensions import db, vault
from portal.models import Message, MessageState, Recipient

TIMEOUT = (3.05, 6.0)
LEASE = timedelta(seconds=15)
BATCH = 50
GIVE_UP = 20  # Attempts.


def send_due(gateway_url: str) -> int:
    """Send a batch of due messages; how many were tried."""
    claimed = _claim()
    if not claimed:
        return 0
    answer = _post(gateway_url, [body for _, body in claimed])
    _record([message_id for message_id, _ in claimed], answer)
    return len(claimed)


def _claim() -> list[tuple[int, dict]]:
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
    bodies = []
    for message, recipient in rows:
        message.lease_until = at + LEASE
        message.attempts += 1
        text = vault().read(message.text, Message.PLACE, message.provider_id, message.id)
        bodies.append((message.id, {"id": message.id, "to": recipients.address_of(vault(), recipient), "text": text}))
    db.session.commit()
    return bodies


def _post(gateway_url: str, messages: list[dict]) -> bool:
    try:
        answer = requests.post(
            f"{gateway_url}/messages", json={"messages": messages}, timeout=TIMEOUT, allow_redirects=False
        )
        return answer.status_code == 202
    except requests.RequestException:
        return False


def _record(message_ids: list[int], accepted: bool) -> None:
    at = clock.now()
    theirs = update(Message).where(Message.id.in_(message_ids)).execution_options(synchronize_session=False)
    if accepted:
        db.session.execute(theirs.values(state=MessageState.ACCEPTED, due_at=None, lease_until=None, ended_at=at))
    else:
        later = at + timedelta(seconds=10 + 20 * random.random())
        db.session.execute(theirs.values(due_at=later, lease_until=None))
        tired = theirs.where(Message.attempts >= GIVE_UP)
        db.session.execute(tired.values(state=MessageState.FAILED, due_at=None, ended_at=at))
    db.session.commit()
