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


def read_unknown_events(events: Sequence[Any], message_id: int | None = None) -> list[InboundMessage]:
    """Replies for a person to read, since an event may refuse by any word or field: one for each message of ours that
    it is about (`message_id`, or all whose ids stand in it) and one for each number or mailbox in it, so that somebody
    can be refused without the others. A message's comes first, since it also tells the brand: that of the same person
    without it is the same reply then. Events that name nobody share replies, as far as all of them is shown."""
    found, of_nobody = list[InboundMessage](), list[str]()
    for event in events:
        own_ids, people = [message_id] if message_id else _find_own_ids(event), people_and_mailboxes(event)
        told = json.dumps(event, ensure_ascii=False)
        of_messages = _unread(told, [""]) if own_ids else []
        for own_id in own_ids:  # One that nobody sent adds nothing to the people.
            found += [replace(each, clue=MailClue([own_id], needs_proof=bool(people))) for each in of_messages]
        found += _unread(told, people) if people else []
        of_nobody += [] if own_ids or people else [told]
    return found + [each for told in _join_lines(of_nobody) for each in _unread(told, [""])]


def find_beside_events(row: Any) -> list[Any]:
    """A row without its events, if that names people or messages of ours; a row without any event as it is."""
    rest = _beside_events(row)
    is_without = rest == row and any(each not in (None, "") for _, each in json_values.leaves(row))
    return [rest] if is_without or people_and_mailboxes(rest) or _find_own_ids(rest) else []


def _unread(told: str, people: Sequence[str]) -> list[InboundMessage]:
    return unread_rows.unread_replies(told, unread_rows.MAILBOX, people)


def _join_lines(told: Sequence[str]) -> list[str]:
    """Texts of several lines each, no longer than what is shown of a reply, unless one line is."""
    joined = list[str]()
    for each in told:
        fits = joined and len(joined[-1]) + len(each) < unread_rows.WHOLE
        joined[-1:] = [f"{joined[-1]}\n{each}"] if fits else [*joined[-1:], each]
    return joined


def _find_own_ids(event: Any) -> list[int]:
    named = (str(each) for place, each in json_values.leaves(event) if unread_rows.is_id_field(place))
    found = (parse_id(own_id) for each in named for own_id in MAIL_ID.findall(each))
    return list(dict.fromkeys(filter(None, found)))


def _beside_events(value: Any) -> Any:
    if isinstance(value, dict):
        return {} if "event" in value else {name: _beside_events(each) for name, each in value.items()}
    return [_beside_events(each) for each in value] if isinstance(value, list) else value
