"""Unclear replies to the operator's number by somebody to whom several firms wrote through it.

No firm reads what may have been said to another: the operator does, and messages of all of them are held until then, by
a row of each firm without a text.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from portal.core import address_holders, journalled_news
from portal.core.addresses import Address
from portal.core.extensions import db, vault
from portal.core.ids import new_id
from portal.core.models import NO_PROVIDER, EventKind, EventOutcome, GatewayEvent, Recipient
from portal.core.models.inserts import insert_missing


def hold(event: GatewayEvent, recipients: Sequence[Recipient], outcome: EventOutcome) -> None:
    """Put a reply before the operator, and hold messages to all who may be meant. Nothing here commits."""
    for each in recipients:
        row = {
            "id": new_id(), "provider_id": each.provider_id, "gateway_id": event.gateway_id, "kind": EventKind.REPLY,
            "digest": _digest(event, each.id), "received_at": event.received_at, "outcome": outcome,
            "recipient_id": each.id,
        }  # fmt: skip
        if insert_missing(db.session, GatewayEvent, [row]):
            journalled_news.note(db.session, row)
    event.outcome, event.due_at = outcome, None


def find_held(event: GatewayEvent, address: Address | None) -> list[GatewayEvent]:
    """The rows by which a reply from an address still holds messages."""
    holders = address_holders.find_holders(db.session, vault(), address) if address else []
    theirs = GatewayEvent.digest.in_([_digest(event, each.id) for each in holders])
    is_open = GatewayEvent.gateway_id == event.gateway_id, GatewayEvent.settled_at.is_(None)
    return list(db.session.scalars(select(GatewayEvent).where(theirs, *is_open).order_by(GatewayEvent.id)))


def settle(
    event: GatewayEvent, address: Address | None, user_id: int, at: datetime, for_provider: int | None = None
) -> list[int]:  # fmt: skip
    """Note that the operator has read a reply; `for_provider` reads it next, where it is one of those held.
    Returns the recipients to whom messages may go again. Nothing here commits."""
    freed, held = [], find_held(event, address)
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
