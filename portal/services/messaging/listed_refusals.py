"""Entries of a vendor's list of refusals that tell no time, or only a day: one that stood there at the sweep before is
the same word, one that came to it is another refusal, also by somebody who refused before."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from portal.core.models import GatewayEvent
from portal.services.messaging import event_contents
from portal.services.messaging.gateways.protocol import BlockedAddress
from portal.services.messaging.gateways.refusal_times import tells_time
from portal.services.messaging.listed_replies import read_noted

# In what is noted of a gateway: of which account, and what its last answers of each kind held.
LISTED = "told_refusals"
DAY, MINUTES, WHOLE = "day", "minutes", "whole"  # Kinds of answers, and those of which one was whole.


def leave_out_known(
    row: GatewayEvent, account: str, listed: Sequence[BlockedAddress], *, is_of_day: bool, is_whole: bool
) -> list[BlockedAddress]:
    """Of an answer what was not in the one before, as far as no time tells; all where nobody knows the one before, as
    of an account that was not asked yet. `account` is its identity, and `row` the one by which it is swept.

    What is asked for a day (`is_of_day`) holds more than what is asked for minutes: each is compared with the last one
    of its kind, and with what came to the list since. Until one was whole, what is told may have stood there before."""
    noted = read_noted(row)
    before = noted.get(LISTED, {})
    before = before if before.get("account") == account else {}
    of_minutes, of_day, whole = before.get(MINUTES, []), before.get(DAY, []), before.get(WHOLE, [])
    is_first = (DAY if is_of_day else MINUTES) not in whole
    keys = list(_keys(listed))
    known = set(of_day if is_of_day else of_minutes)
    now = [*dict.fromkeys([*([] if is_whole else known), *filter(None, keys)])]
    if is_of_day:
        of_minutes, of_day = [*of_minutes, *(key for key in now if key not in known)], now
    else:
        of_minutes, of_day = now, [*dict.fromkeys([*of_day, *now])]
    if is_whole:
        whole = sorted({*whole, MINUTES, *([DAY] if is_of_day else [])})
    noting = {"account": account, MINUTES: of_minutes, DAY: of_day, WHOLE: whole}
    if noted.get(LISTED) != noting:
        event_contents.write_content(row, noted | {LISTED: noting})
    told_now = zip(listed, keys, strict=True)
    return [replace(each, is_new=bool(key) and not is_first) for each, key in told_now if key not in known]


def noted_of(noted: dict[str, Any], account: str) -> dict[str, Any]:
    """What is noted of the refusals of this account."""
    return {LISTED: noted[LISTED]} if noted.get(LISTED, {}).get("account") == account else {}


def _keys(listed: Sequence[BlockedAddress]) -> Iterable[str]:
    """By which entries without a time are the same in two answers; empty of one with a time. What an answer holds
    twice was said twice."""
    counts = Counter[BlockedAddress]()
    for each in listed:
        said = [each.address, each.source, each.at, counts[each]]
        counts[each] += 1
        yield "" if tells_time(each) else hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()[:32]
