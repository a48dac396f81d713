"""Message rows to the gateway: claim, send, record. The gateway takes an id once, so a repeat sends nothing twice."""

import random
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select

from portal import clock, messages
from portal.extensions import db
from portal.messaging import parcels
from portal.messaging.gateways import Parcel
from portal.messaging.gateways.demo import DemoGateway
from portal.models import Campaign, CampaignKind, Consent, Message, MessageKind, MessageState, Recipient
from portal.registry import Status
from portal.vault import CannotOpen

LEASE = timedelta(seconds=15)
BATCH = 50
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(hours=2)
GIVE_UP = 40  # Attempts: some three days.


def send_due(gateway_url: str) -> int:
    """Send a batch of due messages; how many are done with. None: nothing is due, or the gateway is out of order."""
    claimed, ended = _claim()
    if not claimed:
        return ended
    if DemoGateway(gateway_url).send(claimed):
        _accept(claimed)
        return len(claimed)
    _put_off([parcel.id for parcel in claimed])
    return 0


def _claim() -> tuple[list[Parcel], int]:
    """What to send, those first for whom somebody waits; and how many ended without being sent."""
    at = clock.now()
    free = or_(Message.lease_until.is_(None), Message.lease_until <= at)
    rows = db.session.execute(
        select(Message, Recipient)
        .outerjoin(Recipient, Recipient.id == Message.recipient_id)
        .where(Message.due_at <= at, free)
        .order_by(Message.rank, Message.due_at)
        .limit(BATCH)
        .with_for_update(of=Message, skip_locked=True)
    ).all()
    refused = _refused_since([message.id for message, _ in rows])
    claimed = []
    for message, recipient in rows:
        if message.id in refused or messages.is_too_late(message, at):
            _end(message, MessageState.NOT_NEEDED, at)
            continue
        try:
            claimed.append(parcels.parcel_of(message, recipient))
        except parcels.NotNeeded:
            _end(message, MessageState.NOT_NEEDED, at)
        except CannotOpen:  # Damaged, or its key is gone: the others go on.
            _end(message, MessageState.FAILED, at)
        else:
            message.lease_until = at + LEASE
            message.attempts += 1
    db.session.commit()
    return claimed, len(rows) - len(claimed)


def _refused_since(message_ids: list[int]) -> set[int]:
    """Requests to people who have refused meanwhile, by another link of the brand: nobody is asked after a refusal."""
    rows = db.session.scalars(
        select(Message.id)
        .join(Campaign, Campaign.id == Message.campaign_id)
        .join(Consent, and_(Consent.recipient_id == Message.recipient_id, Consent.brand_id == Campaign.brand_id))
        .where(Message.id.in_(message_ids), Message.kind == MessageKind.INVITATION)
        .where(Campaign.kind == CampaignKind.ASK, Consent.status == Status.REFUSED)
    )
    return set(rows)


def _end(message: Message, state: MessageState, at: datetime) -> None:
    message.state, message.due_at, message.lease_until, message.ended_at = state, None, None, at
    message.facts = None


def _accept(sent: list[Parcel]) -> None:
    at, texts = clock.now(), {parcel.id: parcel for parcel in sent}
    for message in db.session.scalars(select(Message).where(Message.id.in_(texts))):
        parcels.keep_text(message, texts[message.id])
        _end(message, MessageState.ACCEPTED, at)
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
