"""Events that vendors of mail push and that are of a kind which nobody knows, or of none: for a person to read."""

import json
from dataclasses import replace
from typing import Any

from portal.core.ids import parse_id
from portal.services.messaging.gateways import json_values, unread_rows
from portal.services.messaging.gateways.mail_tokens import MAIL_ID
from portal.services.messaging.gateways.protocol import InboundMessage, MailClue

MESSAGE_ID = "message-id"  # In Brevo's events. It looks like a mailbox, and is nobody's.


def read_unknown_event(event: Any, message_id: int | None = None) -> list[InboundMessage]:
    """Of a kind that nobody knows: it may refuse by any word or field, so a person reads it for whom it names, or else
    for whom the message of ours was that it is about: this one, or the one whose id stands in it."""
    told, people = json.dumps(event, ensure_ascii=False), _people_in(event)
    own_ids = [message_id or _find_own_id(event)]
    clue = MailClue() if people else MailClue([each for each in own_ids if each])
    unread = unread_rows.unread_replies(told, unread_rows.MAILBOX, people or [""])
    return [replace(each, clue=clue) for each in unread]


def read_beside_events(row: Any) -> list[InboundMessage]:
    """What stands beside events if it names people, and all of a row without any."""
    rest = _beside_events(row)
    is_without = bool(row) and rest == row
    return read_unknown_event(rest) if is_without or _people_in(rest) else []


def _find_own_id(event: Any) -> int | None:
    told = (MAIL_ID.search(str(each)) for place, each in json_values.leaves(event) if place.endswith(MESSAGE_ID))
    return next((parse_id(each[1]) for each in told if each), None)


def _people_in(event: Any) -> list[str]:
    """By their mailboxes and numbers; not by what an id or a time looks like."""
    values = [each for each in json_values.leaves(event) if not each[0].endswith(MESSAGE_ID)]
    numbers = (unread_rows.people_at("", value) for place, value in values if not unread_rows.NO_NUMBER.search(place))
    return list(dict.fromkeys([*unread_rows.mailboxes_in(values), *(each for found in numbers for each in found)]))


def _beside_events(value: Any) -> Any:
    if isinstance(value, dict):
        return {} if "event" in value else {name: _beside_events(each) for name, each in value.items()}
    return [_beside_events(each) for each in value] if isinstance(value, list) else value
