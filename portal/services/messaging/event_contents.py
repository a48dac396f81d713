"""What a gateway told us, as JSON that is kept sealed."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.core.extensions import vault
from portal.core.models import NO_PROVIDER, GatewayEvent
from portal.services.messaging.gateways.protocol import BlockedAddress, InboundMessage


def seal_content(content: Mapping[str, Any], provider_id: int | None, event_id: int) -> bytes:
    text = json.dumps(content, default=datetime.isoformat, ensure_ascii=False)
    return vault().seal(text, GatewayEvent.PLACE, provider_id or NO_PROVIDER, event_id)


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
