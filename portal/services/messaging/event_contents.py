"""What a gateway told us, kept once, as JSON that is sealed."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from portal.core.extensions import db, vault
from portal.core.models import NO_PROVIDER, EventKind, GatewayEvent, MessageGateway
from portal.core.models.ids import new_id
from portal.core.models.inserts import insert_missing
from portal.services.messaging.gateways.protocol import BlockedAddress, InboundMessage


def keep(
    gateway: MessageGateway, secret: str, kind: EventKind, identity: Sequence[object], content: Mapping[str, Any],
    at: datetime, *, provider_id: int | None = None,
) -> None:  # fmt: skip
    """Keep a piece of news; what has the same identity is kept once, also by two processes at once. `secret` is the
    gateway's; `provider_id` says whose the news is where the gateway is the operator's."""
    event_id, owner = new_id(), gateway.provider_id or provider_id
    text = json.dumps(content, default=datetime.isoformat, ensure_ascii=False)
    row = {
        "id": event_id, "provider_id": owner, "gateway_id": gateway.id, "kind": kind,
        "digest": hmac.digest(secret.encode(), json.dumps([kind, *identity], default=str).encode(), hashlib.sha256),
        "body": vault().seal(text, GatewayEvent.PLACE, owner or NO_PROVIDER, event_id),
        "received_at": at, "due_at": at,
    }  # fmt: skip
    insert_missing(db.session, GatewayEvent, [row])


def read_content(event: GatewayEvent) -> dict[str, Any]:
    """Raises CannotOpen."""
    assert event.body is not None
    text = vault().read(event.body, GatewayEvent.PLACE, event.provider_id or NO_PROVIDER, event.id)
    content: dict[str, Any] = json.loads(text)
    return content


def read_reply(event: GatewayEvent) -> InboundMessage:
    """Raises CannotOpen."""
    content = read_content(event)
    return InboundMessage(**content | {"received_at": datetime.fromisoformat(content["received_at"])})


def read_blocked(event: GatewayEvent) -> BlockedAddress:
    """Raises CannotOpen."""
    content = read_content(event)
    at = content["at"]
    return BlockedAddress(**content | {"at": datetime.fromisoformat(at) if at else None})
