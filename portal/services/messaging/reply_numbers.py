"""Numbers that take replies: messages name only one at which an SMS has reached us, and that the operator has seen.

Whoever has an account can report an SMS to any number, so that alone says nothing of whose the number is.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.models import EventKind, GatewayEvent, MessageGateway
from portal.core.vault import CannotOpen
from portal.domain.providers.contact_numbers import plain_number
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
    return any(plain_number(_destination(event)) == plain_number(number) for event in session.scalars(brought))


def _destination(event: GatewayEvent) -> str:
    try:
        return read_reply(event).to
    except CannotOpen:
        return ""
