"""What becomes of each row that a vendor pushes or lists: RowFacts is what is known of it, its fate the table.

Vendors' rows have shapes that nobody foresees. A refusal must neither be lost nor be taken for one of somebody who did
not write: whatever is not understood exactly waits for a person, and nothing is sent to the numbers in it meanwhile.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, IntEnum
from typing import Any

from portal.domain.replies import REFUSING, ReplyOutcome, classify_reply, fold
from portal.domain.replies.refusing_words import MAY_REFUSE
from portal.services.messaging.gateways import json_values, unread_rows, vendor_rows
from portal.services.messaging.gateways.protocol import Feedback, InboundMessage, Report
from portal.services.messaging.gateways.vendor_rows import Mapped, canonical, meant_rows

LETTER = re.compile(r"[^\W\d_]")


class Kind(Enum):
    """What a row is by the mappings."""

    REPLY = 1  # One of replies, with a sender and a text.
    REPORT = 2  # Of a known state.
    ODD_REPORT = 3  # With a state or an id, though of no known state.
    OTHER = 4  # Such as an event of another kind, or an envelope.


class Refusing(IntEnum):
    """How surely words refuse."""

    NOT, MAYBE, LIKELY, SURELY = range(4)


class Fate(Enum):
    """What becomes of a row."""

    REPLY = 1  # Its sender wrote its text.
    NO_REPLY = 2
    UNREAD = 3  # A person reads it, and each number in it is held.


@dataclass(frozen=True)
class RowFacts:
    """What is known of a row with all that stands in it, however deep."""

    row: Any
    kind: Kind
    reply: InboundMessage  # What stands at the places of a reply.
    is_written: bool  # There stand a person's number and a text; in OTHER one of them is enough.
    has_others: bool  # A number stands where no mapping means one: not the sender's, and not the recipient's.
    words: Refusing  # The strongest that stand where no mapping means them.

    @property
    def fate(self) -> Fate:
        match self:
            case RowFacts(kind=Kind.REPLY, is_written=True, has_others=False, words=Refusing.NOT):
                return Fate.REPLY
            case RowFacts(kind=Kind.REPLY) | RowFacts(is_written=True):
                return Fate.UNREAD
            case RowFacts(words=Refusing.NOT) | RowFacts(has_others=False, words=Refusing.MAYBE):
                return Fate.NO_REPLY  # "The phone is off" is said of the recipient.
            case RowFacts(kind=Kind.REPORT, has_others=False, words=Refusing.LIKELY):
                return Fate.NO_REPLY  # Our own text tells how to refuse.
        return Fate.UNREAD


def read_rows(document: Any, reports: Mapped | None, inbound: Mapped | None) -> Feedback:
    """What a vendor told us, in a document whose names are in lower case; its inbox where `reports` is None."""
    told = [(row, vendor_rows.read_report(reports, row)) for row in meant_rows(reports, document)] if reports else []
    report_of = {id(row): report for row, report in told}
    of_replies = {id(row) for row in meant_rows(inbound, document)} if inbound else set()
    mappings, found = (reports or {}, inbound or {}), list[RowFacts]()

    def is_row(value: dict[str, Any]) -> bool:
        facts = _facts(value, *mappings, report_of.get(id(value)), is_reply=id(value) in of_replies)
        holds_replies = any(id(each) in of_replies for each in json_values.objects_with(value) if each is not value)
        is_one = facts.kind == Kind.REPLY or (facts.kind != Kind.OTHER and not holds_replies)
        found.extend([facts] if is_one else [])
        return is_one

    others = _split(document, is_row)[1]
    has_replies = any(each.fate == Fate.REPLY for each in found)
    in_inbox = reports is None or (has_replies and not any(report.is_known for _, report in told))
    found += [_facts(value, *mappings, in_inbox=in_inbox) for value in others]
    whole = [each.reply for each in found if each.fate == Fate.REPLY]
    unread = [reply for each in found if each.fate == Fate.UNREAD for reply in _unread(each, mappings[1])]
    return Feedback(tuple(report for _, report in told), replies=(*whole, *unread))


def read_replies(mapping: Mapped, document: Any) -> list[InboundMessage]:
    """Replies of a document whose names are in lower case, and what nobody can read in it."""
    return list(read_rows(document, None, mapping).replies)


def _facts(
    row: Any, reports: Mapped, inbound: Mapped, report: Report | None = None, *,
    is_reply: bool = False, in_inbox: bool = False,
) -> RowFacts:  # fmt: skip
    reply, kind = _reply_at(inbound, row), Kind.OTHER
    meant, own = dict[str, Any](), {report.to if report else ""}
    if is_reply and reply.sender and reply.text:
        kind, meant, own = Kind.REPLY, dict(inbound), {reply.sender, reply.to}
    elif report and report.is_known:
        kind, meant = Kind.REPORT, dict(reports)
    elif report and (report.code or report.ref or report.message_id):
        kind = Kind.ODD_REPORT
    elsewhere = _elsewhere(row, meant, reply.said if kind == Kind.REPLY else "")
    has_others = bool({*_phones(elsewhere)} - own)
    within = [_reply_at(inbound, each) for each in json_values.objects_with(row)]
    written = [each for each in within if each.text and _is_person(each.sender)]
    match kind:
        case Kind.REPLY:
            is_written = _is_person(reply.sender) and reply.sender != reply.to
        case Kind.OTHER:
            is_any = not isinstance(row, dict) or any(each.sender or each.text for each in within)
            is_written = is_any or (in_inbox and has_others) or _is_meant(row, inbound)
        case _:  # Some vendors tell of a report as of a text by its recipient.
            is_written = any(each.sender not in own or _refusing(each.text) for each in written)
    words = max(map(_refusing, elsewhere.values()), default=Refusing.NOT)
    return RowFacts(row, kind, reply, is_written, has_others, words)


def _unread(facts: RowFacts, inbound: Mapped) -> list[InboundMessage]:
    """From each number in a row, but for those in what somebody wrote: a text with words names nobody else."""
    texts = {name: inbound.get(name) for name in ("text", "keyword") if LETTER.search(facts.reply.text)}
    elsewhere, sender = _elsewhere(facts.row, texts, facts.reply.said), facts.reply.sender
    whole = [number for each in elsewhere.values() if (number := canonical(str(each)))[:1] == "+"]
    may_be = [*unread_rows.numbers_in(elsewhere), *(each for each in whole if not each.startswith(unread_rows.SERVICE))]
    people = _phones(elsewhere) or may_be or ([sender] if sender[:1] == "+" else [])
    return unread_rows.unread_replies(facts.row, unread_rows.PHONE, people)


def _elsewhere(row: Any, meant: Mapped, said: str) -> dict[str, Any]:
    """What stands elsewhere than at the places of a mapping, by its pointer; not what repeats words that are said."""
    pointers = [each for each in meant.values() if each and isinstance(each, str | list) and str(each[0])[:1] == "/"]
    places = {json_values.find(row, each)[0] for each in pointers}
    left = {place: each for place, each in json_values.leaves(row) if place not in places}
    said = f" {fold(said)} "
    return {
        place: each for place, each in left.items()
        if not (LETTER.search(str(each)) and f" {fold(str(each))} " in said)
    }  # fmt: skip


def _reply_at(mapping: Mapped, row: Any) -> InboundMessage:
    """Its sender is the one mobile number that stands there, such as beside a name in a phone's list."""
    reply = vendor_rows.read_reply(mapping, row)
    found = () if _is_person(reply.sender) else {canonical(each) for each in unread_rows.MOBILE.findall(reply.sender)}
    return replace(reply, sender=found.pop()) if len(found) == 1 else reply


def _is_person(sender: str) -> bool:
    """Whether a sender is a mobile number, or one abroad. Other Turkish ones are ours in some vendors' rows."""
    return sender[1:].isdecimal() and (sender.startswith("+905") or (sender[:1] == "+" and sender[:3] != "+90"))


def _is_meant(row: Any, inbound: Mapped) -> bool:
    mapping = {**inbound, "items": ""}
    return bool(inbound.get("where")) and any(meant_rows(mapping, each) for each in json_values.objects_with(row))


def _phones(values: Mapping[str, Any]) -> list[str]:
    found = [each[0] for place, value in values.items() for each in unread_rows.PHONE.finditer(f"{place} {value}")]
    return [each for each in map(canonical, found) if each[:1] == "+"]


def _refusing(value: Any) -> Refusing:
    outcome = classify_reply(value) if isinstance(value, str) else None
    if outcome in REFUSING:
        return Refusing.SURELY if outcome == ReplyOutcome.REFUSAL else Refusing.LIKELY
    return Refusing.MAYBE if outcome and " " in value and MAY_REFUSE.search(fold(value).lower()) else Refusing.NOT


def _split(value: Any, is_row: Callable[[dict[str, Any]], bool]) -> tuple[bool, list[Any]]:
    """Whether there are rows in a value, and what is left beside those that are understood: each element of a list of
    objects, and what stands around them; all of it together where a number stands around them."""
    if isinstance(value, list):
        inner = [(each, *_split(each, is_row)) for each in value[: vendor_rows.MOST_ROWS]]
        left = [some for each, has_rows, within in inner for some in (within if has_rows else [each] if each else [])]
        return any(has_rows or isinstance(each, dict) for each, has_rows, _ in inner), left
    if isinstance(value, dict) and is_row(value):
        return True, []
    parts = {name: _split(each, is_row) for name, each in value.items()} if isinstance(value, dict) else {}
    rows = {name: left for name, (has_rows, left) in parts.items() if has_rows}
    around = {name: each for name, each in value.items() if name not in rows} if rows else value
    if not rows or _phones(dict(json_values.leaves(around))):
        return bool(rows), [around | rows if rows else around] if around else []
    return True, [each for each in (around, *(each for left in rows.values() for each in left)) if each]
