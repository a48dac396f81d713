"""Entries of a vendor's list of refusals that tell no time, or only a day: one that stood there at the sweep before is
the same word, one that came to it is another refusal, also by somebody who refused before."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from portal.services.messaging.gateways.protocol import BlockedAddress
from portal.services.messaging.gateways.refusal_times import tells_time

# In what is noted of a gateway: of which account, and of its last answers of each kind the entries, with the times at
# which they were told first.
LISTED = "listed_refusals"
DAY, MINUTES, WHOLE = "day", "minutes", "whole"  # Kinds of answers, and those of which one was whole.
MISSED = timedelta(minutes=10)  # What came to a list while it was told to nobody for longer is told once.


@dataclass(frozen=True)
class Question:
    """A question for what came to a vendor's list, after one of `before`; `is_exact`: nothing older is told."""

    at: datetime
    since: datetime
    before: datetime
    is_of_day: bool
    is_exact: bool

    def may_tell_anew(self, first_told: str) -> bool:
        """Whether an entry that was told before may have come to the list again: it did if nothing older is told."""
        is_missed = self.at - self.before > MISSED
        return self.is_exact and (is_missed or self.since >= datetime.fromisoformat(first_told))


def leave_out_known(
    noted: Mapping[str, Any], account: str, listed: Sequence[BlockedAddress], asked: Question, *, is_whole: bool
) -> tuple[list[BlockedAddress], dict[str, Any]]:
    """Of an answer what was not in the one before, as far as no time tells, or may have come to the list again; all
    where nobody knows the one before, as of an account that was not asked yet; and what is to be `noted` of it for the
    next one. `account` is its identity.

    What is asked for a day holds more than what is asked for minutes: each is compared with the last one of its kind,
    and with what came to the list since. Until one was whole, what is told may have stood there before."""
    before = noted.get(LISTED, {})
    before = before if before.get("account") == account else {}
    of_minutes, of_day, whole = before.get(MINUTES, {}), before.get(DAY, {}), before.get(WHOLE, [])
    kind, known = (DAY, of_day) if asked.is_of_day else (MINUTES, of_minutes)
    keys = list(_keys(listed))
    told = [key for key in dict.fromkeys(keys) if key and (key not in known or asked.may_tell_anew(known[key]))]
    left_out, standing = set(known).difference(told), set(keys) if is_whole else set(known)
    now = {key: each for key, each in known.items() if key in standing} | dict.fromkeys(told, f"{asked.at}")
    if asked.is_of_day:
        of_minutes, of_day = of_minutes | {key: now[key] for key in told}, now
    else:
        of_minutes, of_day = now, of_day | now
    now_whole = sorted({*whole, *([MINUTES, kind] if is_whole else [])})
    noting = {"account": account, MINUTES: of_minutes, DAY: of_day, WHOLE: now_whole}
    is_new = {key: kind in whole and bool(key) and key not in known for key in keys}
    told_now = zip(listed, keys, strict=True)
    left = [replace(each, is_new=is_new[key]) for each, key in told_now if key not in left_out]
    return left, {LISTED: noting}


def noted_of(noted: Mapping[str, Any], account: str) -> dict[str, Any]:
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
