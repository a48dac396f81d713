"""Events that vendors of mail push and that are of a kind which nobody knows, or of none: for a person to read."""

import json
from typing import Any

from portal.services.messaging.gateways import json_values, unread_rows
from portal.services.messaging.gateways.protocol import InboundMessage
from portal.services.messaging.gateways.vendor_rows import guess_address


def read_unknown_event(event: Any) -> list[InboundMessage]:
    """Of a kind that nobody knows: it may refuse by any word or field, so a person reads it for whom it names."""
    told = json.dumps(event, ensure_ascii=False)
    beside_id = (each for each in json_values.leaves(event) if not each[0].endswith("message-id"))  # No mailbox
    people = list(dict.fromkeys(map(guess_address, unread_rows.MAILBOX.findall(str([*beside_id])))))
    return unread_rows.unread_replies(told, unread_rows.MAILBOX, people) if people else []


def beside_events(value: Any) -> Any:
    """What a push holds, without its events."""
    if isinstance(value, dict):
        return {} if "event" in value else {name: beside_events(each) for name, each in value.items()}
    return [beside_events(each) for each in value] if isinstance(value, list) else value
