"""Rows of pulled inboxes that are alike, without an own id and a time to the second: what is listed twice was said
twice. Counted, they need no order, and one that falls out of a list makes no other one new."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from portal.services.messaging.gateways.protocol import InboundMessage

LISTED = "listed"  # In what is noted of a gateway: of which inbox, and how many of each.


def count_alike(replies: Sequence[InboundMessage]) -> list[InboundMessage]:
    """Replies of one answer, each with how many before it are alike; what is dated to the second is listed twice. One
    of :00 is so only with an id, as some vendors write all minutes like that."""
    found, counts = [], Counter[str]()
    for each in replies:
        is_exact = each.is_dated and (each.received_at.second > 0 or (each.tells_seconds and bool(each.id)))
        found.append(each if is_exact else replace(each, alike_before=counts[_key(each)]))
        counts[_key(each)] += 1
    return found


def leave_out_known(
    noted: Mapping[str, Any], inbox: str, replies: Sequence[InboundMessage], asked_at: datetime
) -> tuple[list[InboundMessage], dict[str, Any]]:
    """Of a list that is whole what was not in it at the last sweep, as far as no time tells; and what is to be `noted`
    of it for the next one. `inbox` is its identity."""
    before_inbox, before = noted.get(LISTED, ("", {}))
    now = Counter(_key(each) for each in replies if _is_timeless(each, asked_at))
    left = list(_new_of(replies, before, asked_at)) if before_inbox == inbox else list(replies)
    return left, {LISTED: [inbox, now]}


def noted_of(noted: Mapping[str, Any], inbox: str) -> dict[str, Any]:
    """What is noted of the replies of this inbox."""
    return {LISTED: noted[LISTED]} if LISTED in noted and noted[LISTED][0] == inbox else {}


def _new_of(replies: Sequence[InboundMessage], before: dict[str, int], asked_at: datetime) -> Iterator[InboundMessage]:
    for each in replies:
        if not _is_timeless(each, asked_at):
            yield each
        elif each.alike_before >= before.get(_key(each), 0):
            yield replace(each, is_new=True)


def _is_timeless(reply: InboundMessage, asked_at: datetime) -> bool:
    """Whether it has no time at all: with a day it may be left out by the hour."""
    return not reply.is_dated and reply.received_at >= asked_at


def _key(reply: InboundMessage) -> str:
    said = [reply.id, reply.sender, reply.to, reply.keyword, reply.text, reply.received_at if reply.is_dated else ""]
    return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()[:32]
