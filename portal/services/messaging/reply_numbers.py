"""Numbers that take replies: messages name only one at which an SMS has reached us, and that the operator has seen.

Whoever has an account can report an SMS to any number, so that alone says nothing of whose the number is.
"""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.models import EventKind, GatewayEvent, MessageGateway
from portal.core.vault import CannotOpen
from portal.services.messaging.event_contents import read_reply

NEWEST = 500  # Replies that are looked through.
LONG = 7  # Digits: parted by spaces in a line of contact; a short number stands alone.


def takes_replies(session: Session, provider_id: int, number: str) -> bool:
    """Whether one of the provider's accounts lately brought an SMS that was written to this number."""
    brought = (
        select(GatewayEvent)
        .join(MessageGateway, MessageGateway.id == GatewayEvent.gateway_id)
        .where(MessageGateway.provider_id == provider_id, GatewayEvent.kind == EventKind.REPLY)
        .order_by(GatewayEvent.id.desc())
        .limit(NEWEST)
    )
    return any(_plain(_destination(event)) == _plain(number) for event in session.scalars(brought))


def is_in_contact(number: str, contact: str) -> bool:
    """Whether a number stands in a contact line, which the operator has reviewed."""
    plain = _plain(number)
    if len(plain) < LONG:
        return plain in re.findall(r"\d+", contact)
    return plain in "".join(filter(str.isdigit, contact))


def _destination(event: GatewayEvent) -> str:
    try:
        return read_reply(event).to
    except CannotOpen:
        return ""


def _plain(number: str) -> str:
    """Without the country and the leading zero: 908501234567 and 0850 123 45 67 are the same."""
    digits = "".join(filter(str.isdigit, number))
    return digits[-10:] if len(digits) > 10 else digits
