"""Unclear replies that may be the word of several recipients: rows without a text hold the messages to each of them.

To the operator's number somebody replies to whom several firms wrote through it. No firm reads what may have been said
to another: the operator does. A mail's answer is of all spellings of a mailbox that a firm has, and is read once.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from portal.core import journalled_news
from portal.core.extensions import db, vault
from portal.core.ids import new_id
from portal.core.models import NO_PROVIDER, EventKind, EventOutcome, GatewayEvent, Recipient
from portal.core.models.inserts import insert_missing


def hold(event: GatewayEvent, recipients: Sequence[Recipient], outcome: EventOutcome) -> None:
    """Hold messages to these, who may be meant, until somebody has read the reply. Nothing here commits."""
    for each in recipients:
        row = {
            "id": new_id(), "provider_id": each.provider_id, "gateway_id": event.gateway_id, "kind": EventKind.REPLY,
            "digest": _digest(event, each.id), "received_at": event.received_at, "outcome": outcome,
            "recipient_id": each.id,
        }  # fmt: skip
        if insert_missing(db.session, GatewayEvent, [row]):
            journalled_news.note(db.session, row)


def find_held(event: GatewayEvent) -> list[GatewayEvent]:
    """The rows by which a reply still holds messages; also where its text cannot be opened."""
    is_open = GatewayEvent.settled_at.is_(None), GatewayEvent.recipient_id.is_not(None), GatewayEvent.body.is_(None)
    came_with_it = GatewayEvent.gateway_id == event.gateway_id, GatewayEvent.received_at == event.received_at
    found = db.session.scalars(select(GatewayEvent).where(*is_open, *came_with_it).order_by(GatewayEvent.id))
    return [each for each in found if each.recipient_id and each.digest == _digest(event, each.recipient_id)]


def settle(event: GatewayEvent, user_id: int, at: datetime, for_provider: int | None = None) -> list[int]:
    """Note that somebody has read a reply; `for_provider` reads it next, where it is one of those held.
    Returns the recipients to whom messages may go again. Nothing here commits."""
    freed, held = [], list(find_held(event))
    for each in held:
        if for_provider is not None and each.provider_id == for_provider and event.body is not None:
            text = vault().read(event.body, GatewayEvent.PLACE, event.provider_id or NO_PROVIDER, event.id)
            each.body = vault().seal(text, GatewayEvent.PLACE, for_provider, each.id)
        elif each.recipient_id is not None:
            each.settled_at, each.user_id = at, user_id
            freed.append(each.recipient_id)
    event.settled_at, event.user_id = event.settled_at or at, user_id
    for each in (event, *held):
        journalled_news.note_step(db.session, each)
    return freed


def _digest(event: GatewayEvent, recipient_id: int) -> bytes:
    return hashlib.sha256(event.digest + recipient_id.to_bytes(8, "big")).digest()
