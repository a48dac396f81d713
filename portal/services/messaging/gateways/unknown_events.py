"""Events that vendors of mail push and that are of a kind which nobody knows, or of none: for a person to read."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from portal.core.ids import parse_id
from portal.services.messaging.gateways import json_values, unread_rows
from portal.services.messaging.gateways.mail_tokens import MAIL_ID
from portal.services.messaging.gateways.protocol import InboundMessage, MailClue
from portal.services.messaging.gateways.unread_rows import people_and_mailboxes

MOST_NAMED = 100  # Messages of one event.


def read_unknown_events(events: Sequence[Any], message_id: int | None = None) -> list[InboundMessage]:
    """One reply for each person whom an event names, since it may refuse by any word or field; each also names those to
    whom the messages went that its event is about (`message_id`, or all whose ids stand in it). Events that name nobody
    are one reply together."""
    found, of_nobody = list[InboundMessage](), list[Any]()
    for event in events:
        own_ids, people = [message_id] if message_id else _find_own_ids(event), people_and_mailboxes(event)
        if own_ids or people:
            found += [replace(each, clue=MailClue(own_ids)) for each in _unread(event, people)]
        else:
            of_nobody.append(event)
    return found + (_unread(of_nobody if len(of_nobody) > 1 else of_nobody[0], []) if of_nobody else [])


def find_beside_events(row: Any) -> list[Any]:
    """A row without its events, if that names people or messages of ours; a row without any event as it is."""
    rest = _beside_events(row)
    is_without = rest == row and any(any(json_values.leaves(each)) for each in json_values.objects_with(row))
    return [rest] if is_without or people_and_mailboxes(rest) or _find_own_ids(rest) else []


def _unread(event: Any, people: Sequence[str]) -> list[InboundMessage]:
    told = json.dumps(event, ensure_ascii=False)
    return unread_rows.unread_replies(told, unread_rows.MAILBOX, people or [""])


def _find_own_ids(event: Any) -> list[int]:
    named = (str(each) for place, each in json_values.leaves(event) if unread_rows.is_id_field(place))
    found = (parse_id(own_id) for each in named for own_id in MAIL_ID.findall(each))
    return list(dict.fromkeys(filter(None, found)))[:MOST_NAMED]


def _beside_events(value: Any) -> Any:
    if isinstance(value, dict):
        return {} if "event" in value else {name: _beside_events(each) for name, each in value.items()}
    return [_beside_events(each) for each in value] if isinstance(value, list) else value
