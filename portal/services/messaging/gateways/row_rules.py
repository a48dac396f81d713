"""What becomes of each row that a vendor pushes or lists: RowFacts is what is known of it, its fate the table.

Vendors' rows have shapes that nobody foresees. A refusal must neither be lost nor be taken for one of somebody who did
not write: whatever is not understood exactly waits for a person, and nothing is sent to the numbers in it meanwhile.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, IntEnum
from itertools import chain
from typing import Any, NamedTuple

from portal.domain.replies import LONGEST, REFUSING, ReplyOutcome, classify_reply, fold
from portal.domain.replies.refusing_words import MAY_REFUSE
from portal.services.messaging.gateways import json_values, vendor_rows
from portal.services.messaging.gateways.protocol import BLOCKED, Feedback, InboundMessage, Report, ReportState
from portal.services.messaging.gateways.sample_words import is_texts, names_list
from portal.services.messaging.gateways.unread_rows import (
    MOBILE,
    PHONE,
    SERVICE,
    is_person,
    numbers_in,
    people_at,
    unread_replies,
)
from portal.services.messaging.gateways.vendor_rows import Mapped, canonical, meant_rows

LETTER = re.compile(r"[^\W\d_]")
FLAG = re.compile(r"(?:NO|HAYIR)(?: ERRORS?)?")  # Folded: a field that says no is no person who does.
# Our own text tells how to refuse: by a link, which does not come first, or by a reply.
TELLS_HOW = re.compile(
    r"\s\S{0,20}?(?:https?://|(?<![\w.-])(?:[\w-]{1,63}\.){1,4}[a-z]{2,10}/)\w|\byaz(?:[ıi]p|arak|[ıi]n|[ıi]n[ıi]z)?\b.{0,100}?"
    r"\bgönder(?:in|iniz|ip|erek|ebilirsiniz)?\b|\b(?:text|send|reply)(?: with)? \W?(?:stop|ret|no|cancel|end|quit|"
    r"unsub\w*|opt-?out)\W? (?:to|for)\b",
    re.I | re.S,
)
FEWEST_WORDS = 5
SAYS_WHY = re.compile(
    r"(?:error|hata|reason|neden|status|durum|state|descri|aciklama|detail|detay|title|sonuc|result)[^/]*$"
    r"|/(?:errors?|status|hata|durum|reason)/"
)


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


def read_rows(document: Any, reports: Mapped | None, inbound: Mapped | None) -> Feedback:
    """What a vendor told us, in a document whose names are in lower case; its inbox where `reports` is None."""
    told = [(row, _read_report(reports, row)) for row in meant_rows(reports, document)] if reports else []
    report_of = {id(row): report for row, report in told}
    of_replies = {id(row) for row in meant_rows(inbound, document)} if inbound else set()
    mappings, found = (reports or {}, inbound or {}), list[RowFacts]()

    def is_row(value: dict[str, Any]) -> bool:
        report = report_of.get(id(value))
        kind = _kind_of(mappings[1], value, report, is_reply=id(value) in of_replies)
        if kind == Kind.OTHER:
            return False
        holds_replies = any(id(each) in of_replies for each in json_values.objects_with(value) if each is not value)
        is_one = kind == Kind.REPLY or not holds_replies
        found.extend([_facts(value, kind, *mappings, report)] if is_one else [])
        return is_one

    others = _split(document, is_row)[1]
    has_replies = any(each.fate == Fate.REPLY for each in found)
    in_inbox = reports is None or (has_replies and not any(report.is_known for _, report in told))
    found += [_facts(value, Kind.OTHER, *mappings, in_inbox=in_inbox) for value in others]
    whole = [each.reply for each in found if each.fate == Fate.REPLY]
    unread = [unread_replies(each.row, PHONE, each.people) for each in found if each.fate == Fate.UNREAD]
    return Feedback(tuple(report for _, report in told), replies=(*whole, *chain.from_iterable(unread)))


def read_replies(mapping: Mapped, document: Any) -> list[InboundMessage]:
    """Replies of a document whose names are in lower case, and what nobody can read in it."""
    return list(read_rows(document, None, mapping).replies)


def _kind_of(inbound: Mapped, row: Any, report: Report | None, *, is_reply: bool) -> Kind:
    reply, is_known = _reply_at(inbound, row), report is not None and report.is_known
    is_sent = report is not None and is_person(report.to)  # To somebody, if it is no reply to us.
    if is_reply and reply.sender and reply.text and not (is_sent and (is_known or not _is_from_person(reply))):
        return Kind.REPLY
    if is_known:
        return Kind.REPORT
    return Kind.ODD_REPORT if report and (report.code or report.ref or report.message_id) else Kind.OTHER


def _facts(
    row: Any, kind: Kind, reports: Mapped, inbound: Mapped, report: Report | None = None, *, in_inbox: bool = False
) -> RowFacts:
    reply, is_meant = _reply_at(inbound, row), kind == Kind.REPLY or _is_meant(row, inbound)
    report = report if kind != Kind.REPLY else None
    values = _values(row, kind, {Kind.REPLY: inbound, Kind.REPORT: reports}.get(kind, {}), reply.said)
    elsewhere = [each for each in values if not each.is_meant and not (each.is_written and kind == Kind.REPLY)]
    others, named = (_people(each for each in some if not each.is_written) for some in (elsewhere, values))
    recipient = report.to if report else ""
    if report and not is_person(recipient) and len(others) == 1:
        (recipient,) = others
    own = {reply.sender, reply.to} if kind == Kind.REPLY else {recipient}
    has_others, is_listed = not own.issuperset(others), report is not None and report.may_refuse
    within = [(part, _reply_at(inbound, part)) for part in json_values.objects_with(row)]
    match kind:
        case Kind.REPLY:
            is_written = is_person(reply.sender) and reply.sender != reply.to
        case Kind.OTHER:
            is_any = not isinstance(row, dict) or any(each.sender or each.text for _, each in within)
            is_written = is_any or (in_inbox and has_others) or is_meant
        case _:  # Some vendors tell of a report as of a text by its recipient.
            is_written = _refuses_in_part(values) or any(
                (part is not row and _is_meant(part, inbound))
                or (is_person(each.sender) and (each.sender not in own or _refusing(each.text)))
                for part, each in within if each.text and not _is_own_text(each.text)
            )  # fmt: skip
    words = max((each.words for each in elsewhere), default=Refusing.NOT)
    ours = [reply.to] if is_meant and not report else []
    writer = [reply.sender] if reply.sender[:1] == "+" else []
    named += [each for each in writer if not each.startswith(SERVICE)]
    known = [recipient] if is_listed and is_person(recipient) and words < Refusing.LIKELY else named
    whose = (known, writer, _people(values), numbers_in(row))  # The last ones: landlines.
    people = next(filter(None, (_without(ours, each) for each in whose)), [""])
    words = Refusing.SURELY if is_listed else words
    return RowFacts(row, kind, reply, is_written, has_others, words, people)


def _values(row: Any, kind: Kind, meant: Mapped, said: str) -> list[Value]:
    """Of a row; in one of a known shape without our own text as a vendor repeats it, with the numbers in it."""
    pointers = [each for each in meant.values() if each and isinstance(each, str | list) and str(each[0])[:1] == "/"]
    places, said = {json_values.find(row, each)[0] for each in pointers}, f" {fold(said)} "
    return [
        Value(
            place, people_at(place, each), _refusing_at(kind, place, each), place in places,
            LETTER.search(str(each)) is not None and f" {fold(str(each))} " in said,
        )
        for place, each in json_values.leaves(row)
        if kind == Kind.OTHER or not (isinstance(each, str) and _is_own_text(each))
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


def _read_report(reports: Mapped, row: Any) -> Report:
    """One that is no delivery may also say in any other field that its recipient is on a list of refusals."""
    report = vendor_rows.read_report(reports, row)
    if report.reason in BLOCKED or (report.is_known and report.state not in (ReportState.FAILED, ReportState.EXPIRED)):
        return report
    texts = [each for _, each in json_values.leaves(row) if isinstance(each, str) and not _is_own_text(each)]
    return replace(report, may_refuse=report.may_refuse or any(map(names_list, texts)))


def _reply_at(mapping: Mapped, row: Any) -> InboundMessage:
    """Its sender is the one mobile number that stands there, such as beside a name in a phone's list."""
    reply = vendor_rows.read_reply(mapping, row)
    found = () if is_person(reply.sender) else {canonical(each) for each in MOBILE.findall(reply.sender)}
    return replace(reply, sender=found.pop()) if len(found) == 1 else reply


def _is_from_person(reply: InboundMessage) -> bool:
    return is_person(reply.sender) and not _is_own_text(reply.text)


def _is_meant(row: Any, inbound: Mapped) -> bool:
    mapping = {**inbound, "items": ""}
    return bool(inbound.get("where")) and any(meant_rows(mapping, each) for each in json_values.objects_with(row))


def _is_own_text(said: str) -> bool:
    """Nobody's reply is long and tells how to refuse."""
    is_long = len(said.split()) >= FEWEST_WORDS and TELLS_HOW.search(said.strip()[:LONGEST]) is not None
    return is_long and classify_reply(said) == ReplyOutcome.LIKELY_REFUSAL


def _refusing_at(kind: Kind, place: str, value: Any) -> Refusing:
    """How surely a value refuses: in a row of a known shape no flag does, nor why a report's message did not arrive; in
    another a list of refusals does, also by its name ("blacklisted": true)."""
    words, is_named = _refusing(value), value is True or bool(people_at(place, value))
    if kind == Kind.OTHER and names_list(f"{place} {value}" if is_named else str(value)):
        return max(words, Refusing.LIKELY)
    if words and kind != Kind.OTHER and not is_texts(place):
        is_said = FLAG.fullmatch(fold(value)) is not None or (
            kind != Kind.REPLY and words <= Refusing.LIKELY and SAYS_WHY.search(place) is not None
        )
        return Refusing.NOT if is_said else words
    return words


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
    if not rows or any(people_at(*each) for each in json_values.leaves(around)):
        return bool(rows), [around | rows if rows else around] if around else []
    return True, [each for each in (around, *(each for left in rows.values() for each in left)) if each]
