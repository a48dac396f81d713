"""What becomes of each row that a vendor pushes or lists: RowFacts is what is known of it, its fate the table.

Vendors' rows have shapes that nobody foresees. A refusal must neither be lost nor be taken for one of somebody who did
not write: whatever is not understood exactly waits for a person, and nothing is sent to the numbers in it meanwhile.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import chain
from typing import Any, NamedTuple

from portal.domain.replies import fold
from portal.services.messaging.gateways import json_values, vendor_rows
from portal.services.messaging.gateways.own_text import NO_TEXT, OwnText
from portal.services.messaging.gateways.protocol import BLOCKED, Feedback, InboundMessage, Report, ReportState
from portal.services.messaging.gateways.row_words import (
    LETTER,
    Kind,
    Refusing,
    is_inbound,
    is_reply_text,
    refusing,
    refusing_at,
    says_listed,
    says_received,
)
from portal.services.messaging.gateways.unread_rows import (
    MOBILE,
    PHONE,
    SERVICE,
    is_person,
    mailboxes_in,
    numbers_in,
    people_at,
    people_of,
    unread_replies,
)
from portal.services.messaging.gateways.vendor_rows import Mapped, guess_address, meant_rows

SENDER_PLACE = re.compile(r"/(?:from|src|source|orig|sender|header|gonderen|gonderici|baslik)")  # In a place's names.


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
    words: Refusing  # The strongest that stand where no mapping means them, or that name a list of refusals.
    people: Sequence[str]  # Who waits if somebody has to read it.

    @property
    def fate(self) -> Fate:
        match self:
            case RowFacts(kind=Kind.REPLY, is_written=True, has_others=False, words=Refusing.NOT | Refusing.MAYBE):
                return Fate.REPLY
            case RowFacts(kind=Kind.REPLY) | RowFacts(is_written=True):
                return Fate.UNREAD
            case RowFacts(words=Refusing.NOT) | RowFacts(has_others=False, words=Refusing.MAYBE):
                return Fate.NO_REPLY  # "The phone is off" is said of the recipient.
        return Fate.UNREAD


class Value(NamedTuple):
    """One value of a row."""

    place: str  # Its pointer.
    people: Sequence[str]  # Whose numbers stand in it.
    words: Refusing
    is_meant: bool  # A mapping means it.
    is_written: bool  # It stands in what somebody wrote, whose words name nobody else.
    is_reply_text: bool  # Its name says so.


@dataclass(frozen=True)
class Meanings:
    """What a description says of rows, and what our texts look like."""

    reports: Mapped
    inbound: Mapped
    own: OwnText = NO_TEXT


def read_rows(document: Any, reports: Mapped | None, inbound: Mapped | None, own: OwnText = NO_TEXT) -> Feedback:
    """What a vendor told us, in a document whose names are in lower case; its inbox where `reports` is None."""
    means = Meanings(reports or {}, inbound or {}, own)
    rows = meant_rows(reports, document) if reports else []
    told = [(row, _doubt(means, row, vendor_rows.read_report(means.reports, row))) for row in rows]
    report_of = {id(row): report for row, report in told}
    of_replies = {id(row) for row in meant_rows(inbound, document)} if inbound else set()
    found = list[RowFacts]()

    def is_row(value: dict[str, Any]) -> bool:
        is_reply, report = id(value) in of_replies, report_of.get(id(value))
        if report_of and report is None and (is_reply or any(map(means.own.is_ours, value.values()))):
            within = [report_of[id(each)] for each in json_values.objects_with(value) if id(each) in report_of]
            report = _doubt(means, value, within[0]) if len(within) == 1 else None  # Of a list with one recipient.
        kind = _kind_of(means, value, report, is_reply=is_reply)
        if kind == Kind.OTHER:
            return False
        holds_replies = any(id(each) in of_replies for each in json_values.objects_with(value) if each is not value)
        is_one = kind == Kind.REPLY or not holds_replies
        found.extend([_facts(means, value, kind, report)] if is_one else [])
        return is_one

    others = _split(document, is_row)[1]
    has_replies = any(each.fate == Fate.REPLY for each in found)
    in_inbox = reports is None or (has_replies and not any(report.is_known for _, report in told))
    found += [_facts(means, value, Kind.OTHER, in_inbox=in_inbox) for value in others]
    whole = [each.reply for each in found if each.fate == Fate.REPLY]
    unread = [unread_replies(each.row, PHONE, each.people) for each in found if each.fate == Fate.UNREAD]
    reports_told = tuple(_to_the_one(means, *each) for each in told)
    return Feedback(reports_told, replies=(*whole, *chain.from_iterable(unread)))


def read_replies(mapping: Mapped, document: Any, own: OwnText = NO_TEXT) -> list[InboundMessage]:
    """Replies of a document whose names are in lower case, and what nobody can read in it."""
    return list(read_rows(document, None, mapping, own).replies)


def _kind_of(means: Meanings, row: Any, report: Report | None, *, is_reply: bool) -> Kind:
    reply, is_known = _reply_at(means.inbound, row), report is not None and report.is_known
    is_sent = report is not None and is_person(report.to) and report.to != reply.sender  # If it is no reply to us.
    is_any = report is not None and (is_known or report.code or report.ref or report.message_id)
    is_from_person = is_person(reply.sender) and (not means.own.is_ours(reply.text) or says_received(row))
    is_report = is_sent and (is_known or not is_from_person) and not is_inbound(row)
    if is_reply and reply.sender and reply.text and not is_report:
        return Kind.REPLY
    if not is_any or is_inbound(row):
        return Kind.OTHER
    return Kind.REPORT if is_known else Kind.ODD_REPORT


def _facts(means: Meanings, row: Any, kind: Kind, report: Report | None = None, *, in_inbox: bool = False) -> RowFacts:
    reply, is_meant = _reply_at(means.inbound, row), kind == Kind.REPLY or _is_meant(means, row)
    report = report if kind != Kind.REPLY else None
    values = _values(means, row, kind, reply.said)
    elsewhere = [each for each in values if not each.is_meant and not (each.is_written and kind == Kind.REPLY)]
    others, named = (_people(each for each in some if not each.is_written) for some in (elsewhere, values))
    recipient = _to_the_one(means, row, report).to if report else ""
    own = {reply.sender, reply.to} if kind == Kind.REPLY else {recipient}
    has_others, is_listed = not own.issuperset(others), report is not None and report.may_refuse
    within = [(part, _reply_at(means.inbound, part)) for part in json_values.objects_with(row)]
    match kind:
        case Kind.REPLY:
            is_written = is_person(reply.sender) and reply.sender != reply.to
        case Kind.OTHER:
            is_any = not isinstance(row, dict) or any(
                (each.sender or each.text) and not means.own.is_ours(each.text) for _, each in within
            )
            is_written = is_any or (in_inbox and has_others) or is_meant
            is_written |= is_inbound(row) and bool(numbers_in(row))
        case _:  # Some vendors tell of a report as of a text by its recipient.
            is_quoted = kind == Kind.REPORT and has_others and bool(_find_sent(means, row)[1])
            is_written = is_quoted or _refuses_in_part(values) or any(each.is_reply_text for each in values) or any(
                (part is not row and _is_meant(means, part))
                or (is_person(each.sender) and (each.sender not in own or refusing(means.own.beside(each.text))))
                for part, each in within if each.text and not means.own.is_ours(each.text)
            )  # fmt: skip
    words = max((each.words for each in elsewhere), default=Refusing.NOT)
    ours = [reply.to] if is_meant and not report else []
    writer = [reply.sender] if reply.sender[:1] == "+" or is_person(reply.sender) else []
    named += [each for each in writer if not each.startswith(SERVICE)]
    known = [recipient] if is_listed and is_person(recipient) and words < Refusing.LIKELY else named
    uncertain = [*numbers_in(row), *people_of(row), *mailboxes_in(row)]  # Landlines, and what may be an id.
    whose = (known, writer, _people(values), uncertain)
    people = next(filter(None, (_without(ours, each) for each in whose)), [""])
    words = Refusing.SURELY if is_listed else words
    return RowFacts(row, kind, reply, is_written, has_others, words, people)


def _values(means: Meanings, row: Any, kind: Kind, said: str) -> list[Value]:
    """Of a row without our own text as a vendor repeats it; in one that may be a person's with it, but no numbers."""
    is_received = kind == Kind.OTHER and (is_inbound(row) or says_received(row))
    meant = {Kind.REPLY: means.inbound, Kind.REPORT: means.reports}.get(kind, {})
    pointers = [each for each in meant.values() if each and isinstance(each, str | list) and str(each[0])[:1] == "/"]
    places, said = {json_values.find(row, each)[0] for each in pointers}, f" {fold(said)} "
    return [
        Value(
            place, people_at(place, means.own.beside(each)),
            refusing_at(kind, place, each if is_received else means.own.beside(each)),
            place in places,
            LETTER.search(str(each)) is not None and f" {fold(str(each))} " in said,
            is_reply_text(place, each),
        )
        for place, each in json_values.leaves(row)
        if is_received or is_reply_text(place, each) or not means.own.is_ours(each)
    ]  # fmt: skip


def _people(values: Iterable[Value]) -> list[str]:
    return list(dict.fromkeys(number for each in values for number in each.people))


def _without(ours: Sequence[str], people: Sequence[str]) -> list[str]:
    return [each for each in dict.fromkeys(people) if each not in ours]


def _refuses_in_part(values: Iterable[Value]) -> bool:
    """Whether a number and words that refuse stand in one part of a row."""
    parts = defaultdict[str, list[Value]](list)
    for each in values:
        name, slash, _ = each.place[1:].partition("/")
        parts[name] += [each] if slash else []
    return any(_people(part) and any(each.words >= Refusing.LIKELY for each in part) for part in parts.values())


def _find_sent(means: Meanings, row: Any) -> tuple[str | None, Any]:
    """Where a report repeats what was sent, if its description says so; and what it is, unless it is surely ours."""
    place, text = json_values.find(row, means.reports.get("text", "/ "))
    return place, None if means.own.is_ours(text) else text


def _doubt(means: Meanings, row: Any, report: Report) -> Report:
    """One that is no delivery may also say in any other field that its recipient is on a list of refusals."""
    if report.reason in BLOCKED or (report.is_known and report.state not in (ReportState.FAILED, ReportState.EXPIRED)):
        return report
    is_named = vendor_rows.refusal_code(means.reports, row) or any(
        says_listed(*each) for each in _told_beside(means, row)
    )
    return replace(report, may_refuse=report.may_refuse or bool(is_named))


def _to_the_one(means: Meanings, row: Any, report: Report) -> Report:
    """A report to a person; where no mapping means one, to the one whose number stands there but for its sender's."""
    beside = [] if is_person(report.to) else _told_beside(means, row)
    people = {who for place, each in beside if not SENDER_PLACE.search(place) for who in people_at(place, each)}
    return replace(report, to=people.pop()) if len(people) == 1 else report


def _told_beside(means: Meanings, row: Any) -> list[tuple[str, str]]:
    """The values of a report by place, but for what was sent."""
    sent = _find_sent(means, row)[0]
    found = ((place, str(means.own.beside(each))) for place, each in json_values.leaves(row) if place != sent)
    return [(place, each) for place, each in found if each]


def _reply_at(mapping: Mapped, row: Any) -> InboundMessage:
    """Its sender is the one mobile number that stands there, such as beside a name in a phone's list."""
    reply = vendor_rows.read_reply(mapping, row)
    found = () if is_person(reply.sender) else {guess_address(each) for each in MOBILE.findall(reply.sender)}
    return replace(reply, sender=found.pop()) if len(found) == 1 else reply


def _is_meant(means: Meanings, row: Any) -> bool:
    """Whether a reply stands in a row by its mapping, and is no text of ours."""
    mapping = {**means.inbound, "items": ""}
    found = (each for each in json_values.objects_with(row) if mapping.get("where") and meant_rows(mapping, each))
    return not all(means.own.is_ours(_reply_at(mapping, each).text) for each in found)


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
    if not rows or any(people_at(*each) for each in json_values.leaves(around)):
        return bool(rows), [around | rows if rows else around] if around else []
    return True, [each for each in (around, *(each for left in rows.values() for each in left)) if each]
