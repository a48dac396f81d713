"""Entries of a vendor's list of refusals that tell no time, or only a day: one that stood there at the sweep before is
the same word, one that came to it is another refusal, also by somebody who refused before."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from portal.core.models import GatewayEvent
from portal.services.messaging import event_contents
from portal.services.messaging.gateways.protocol import BlockedAddress
from portal.services.messaging.gateways.refusal_times import tells_time
from portal.services.messaging.listed_replies import read_noted

LISTED = "listed_refusals"  # In what is noted of a gateway: of which account, and what its last answers held.


def leave_out_known(
    row: GatewayEvent, account: str, listed: Sequence[BlockedAddress], *, is_of_day: bool, is_whole: bool
) -> list[BlockedAddress]:
    """Of an answer what was not in the one before, as far as no time tells; of an account that was not asked before,
    all. `account` is its identity, and `row` the one by which it is swept.

    What is asked for a day (`is_of_day`) holds more than what is asked for minutes: each is compared with the last one
    of its kind, and with what came to the list since."""
    noted = read_noted(row)
    of_account, *before = noted.get(LISTED, (None, [], []))
    is_known = of_account == account
    keys = list(_keys(listed))
    told = [key for key in keys if key]
    last, of_day = before if is_known else (told, told)
    known = set(of_day if is_of_day else last)
    kept = [] if is_whole else [*known]
    now = [*dict.fromkeys([*kept, *told])]
    came = [key for key in now if key not in known]
    last, of_day = ([*last, *came], now) if is_of_day else (now, [*dict.fromkeys([*of_day, *now])])
    if noted.get(LISTED) != [account, last, of_day]:
        event_contents.write_content(row, noted | {LISTED: (account, last, of_day)})
    if not is_known:
        return list(listed)
    told_now = zip(listed, keys, strict=True)
    return [replace(each, is_new=bool(key)) for each, key in told_now if key not in known]


def _keys(listed: Sequence[BlockedAddress]) -> Iterable[str]:
    """By which entries without a time are the same in two answers; empty of one with a time. What an answer holds
    twice was said twice."""
    counts = Counter[BlockedAddress]()
    for each in listed:
        said = [each.address, each.source, each.at, counts[each]]
        counts[each] += 1
        yield "" if tells_time(each) else hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()[:32]
