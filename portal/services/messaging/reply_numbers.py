"""Numbers that take replies: messages name only one at which an SMS has reached us, and so nobody else's."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.models import EventKind, GatewayEvent, MessageGateway
from portal.core.vault import CannotOpen
from portal.services.messaging.event_contents import read_reply

NEWEST = 500  # Replies that are looked through.


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


def _destination(event: GatewayEvent) -> str:
    try:
        return read_reply(event).to
    except CannotOpen:
        return ""


def _plain(number: str) -> str:
    """Without the country and the leading zero: 908501234567 and 0850 123 45 67 are the same."""
    digits = "".join(filter(str.isdigit, number))
    return digits[-10:] if len(digits) > 10 else digits
