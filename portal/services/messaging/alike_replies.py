"""Likely refusals that wait because a vendor said one word of many people, which a wrong guess or a vendor's own list
brings: a person may settle them at once."""

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress

from sqlalchemy import ColumnElement, select

from portal.core.extensions import read_session
from portal.core.models import EventOutcome, GatewayEvent
from portal.core.vault import CannotOpen
from portal.services.messaging import event_contents
from portal.services.messaging.feedback import NotCertain
from portal.services.messaging.gateways.protocol import InboundMessage

MOST_COUNTED, MOST_AT_ONCE = 2000, 200
Told = tuple[int, str]  # By which account, and which word.


def find_told(which: ColumnElement[bool]) -> dict[Told, list[int]]:
    """Those that wait, by account and word, in the order of their ids."""
    found = defaultdict[Told, list[int]](list)
    for event_id, told in _waiting(which):
        found[told].append(event_id)
    return found


def find_alike(event: GatewayEvent, reply: InboundMessage, which: ColumnElement[bool]) -> list[int]:
    """It with others of the same account and word, some of them if they are many."""
    wanted = told_of(event, reply)
    others = [event_id for event_id, told in _waiting(which) if told == wanted and event_id != event.id]
    return [event.id, *others[: MOST_AT_ONCE - 1]] if wanted else [event.id]


def told_of(event: GatewayEvent, reply: InboundMessage) -> Told | None:
    """None of what is no word of a vendor's, or where it said none."""
    if reply.is_whole or reply.keyword != NotCertain.__name__:
        return None
    word = word_of(reply)
    return (event.gateway_id, word) if word else None


def word_of(reply: InboundMessage) -> str:
    """The vendor's word in what unread_rows.as_unread() made of a refusal; empty where it said none."""
    with suppress(ValueError):
        return str(json.loads(reply.text).get("word", ""))
    return ""


def _waiting(which: ColumnElement[bool]) -> Iterator[tuple[int, Told]]:
    likely = select(GatewayEvent).where(which, GatewayEvent.outcome == EventOutcome.LIKELY_REFUSAL)
    for event in read_session().scalars(likely.order_by(GatewayEvent.id).limit(MOST_COUNTED)):
        with suppress(CannotOpen):
            if told := told_of(event, event_contents.read_reply(event)):
                yield event.id, told
