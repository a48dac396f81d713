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
from portal.services.messaging.gateways.protocol import Feedback, InboundMessage, Reason, Report, ReportState
from portal.services.messaging.gateways.sample_words import is_texts, names_list
from portal.services.messaging.gateways.unread_rows import is_person
from portal.services.messaging.gateways.vendor_rows import Mapped, canonical, meant_rows

LETTER = re.compile(r"[^\W\d_]")
FLAG = re.compile(r"(?:NO|HAYIR)(?: ERRORS?)?")  # Folded: a field that says no is no person who does.
# Our own text tells how to refuse.
TELLS_HOW = re.compile(r"\b(?:YAZ|GONDER)(?:IN|IP|INIZ|ARAK|EREK)?\b|\b(?:TEXT|SEND|REPLY|HTTPS?)\b")
FEWEST_WORDS = 5
SAYS_WHY = re.compile(r"error|hata|reason|neden|status|durum|state|descri|aciklama|detail|detay|title|sonuc|result")


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
    listed: str = ""  # Whom a report says to be on such a list.

    @property
    def fate(self) -> Fate:
        match self:
            case RowFacts(kind=Kind.REPLY, is_written=True, has_others=False, words=Refusing.NOT | Refusing.MAYBE):
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
        report, is_reply = report_of.get(id(value)), id(value) in of_replies
        if _kind_of(mappings[1], value, report, is_reply=is_reply) == Kind.OTHER:
            return False
        facts = _facts(value, *mappings, report, is_reply=is_reply)
        holds_replies = any(id(each) in of_replies for each in json_values.objects_with(value) if each is not value)
        is_one = facts.kind == Kind.REPLY or not holds_replies
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
    reply, kind = _reply_at(inbound, row), _kind_of(inbound, row, report, is_reply=is_reply)
    meant = {Kind.REPLY: inbound, Kind.REPORT: reports}.get(kind, {})
    own = {reply.sender, reply.to} if kind == Kind.REPLY else {report.to if report else ""}
    elsewhere = _elsewhere(row, meant, reply.said if kind == Kind.REPLY else "")
    is_listed = report is not None and kind != Kind.REPLY and _is_listed(report, row)
    elsewhere = elsewhere if kind == Kind.OTHER else _without_own_texts(elsewhere)
    people = {*_people(elsewhere)}
    if report and kind != Kind.REPLY and not is_person(report.to) and len(people) == 1:
        own = people
    has_others = bool(people - own)
    within = [_reply_at(inbound, each) for each in json_values.objects_with(row)]
    written = [each for each in within if each.text and is_person(each.sender)]
    match kind:
        case Kind.REPLY:
            is_written = is_person(reply.sender) and reply.sender != reply.to
        case Kind.OTHER:
            is_any = not isinstance(row, dict) or any(each.sender or each.text for each in within)
            is_written = is_any or (in_inbox and has_others) or _is_meant(row, inbound)
        case _:  # Some vendors tell of a report as of a text by its recipient.
            is_any = any(each.sender not in own or _refusing(each.text) for each in written)
            is_written = is_any or any(
                _may_refuse(each, inbound) for each in json_values.objects_with(row) if each is not row
            )
    words = max((_refusing_at(kind, *each) for each in elsewhere.items()), default=Refusing.NOT)
    listed = report.to if report and is_listed and is_person(report.to) else ""
    return RowFacts(row, kind, reply, is_written, has_others, Refusing.SURELY if is_listed else words, listed)


def _kind_of(inbound: Mapped, row: Any, report: Report | None, *, is_reply: bool) -> Kind:
    reply = _reply_at(inbound, row)
    if is_reply and reply.sender and reply.text:
        return Kind.REPLY
    if report and report.is_known:
        return Kind.REPORT
    return Kind.ODD_REPORT if report and (report.code or report.ref or report.message_id) else Kind.OTHER


def _unread(facts: RowFacts, inbound: Mapped) -> list[InboundMessage]:
    """From each number in a row with its sender's, but for ours, to which a reply went, and for those in what somebody
    wrote: a text with words names nobody else."""
    row, sender, to = facts.row, facts.reply.sender, ""
    if facts.listed:
        return unread_rows.unread_replies(row, unread_rows.PHONE, [facts.listed])
    if facts.kind == Kind.REPLY or _is_meant(row, inbound):
        to = facts.reply.to
    texts = {name: inbound.get(name) for name in ("text", "keyword") if LETTER.search(facts.reply.text)}
    elsewhere = _elsewhere(row, texts, facts.reply.said)
    elsewhere = elsewhere if facts.kind == Kind.OTHER else _without_own_texts(elsewhere)
    whole = [canonical(str(each)) for each in elsewhere.values()]
    may_be = [*unread_rows.numbers_in(elsewhere), *(each for each in whole if each[:1] == "+")]
    writer = [sender] if sender[:1] == "+" else []
    found = [*_people(elsewhere), *(each for each in writer if not each.startswith(unread_rows.SERVICE))]
    may_be = [each for each in may_be if not each.startswith(unread_rows.SERVICE)] or writer
    for numbers in (found, may_be, _people(dict(json_values.leaves(row)))):
        if people := [each for each in dict.fromkeys(numbers) if each != to]:
            return unread_rows.unread_replies(row, unread_rows.PHONE, people)
    return unread_rows.unread_replies(row, unread_rows.PHONE, [""])


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
    found = () if is_person(reply.sender) else {canonical(each) for each in unread_rows.MOBILE.findall(reply.sender)}
    return replace(reply, sender=found.pop()) if len(found) == 1 else reply


def _is_meant(row: Any, inbound: Mapped) -> bool:
    mapping = {**inbound, "items": ""}
    return bool(inbound.get("where")) and any(meant_rows(mapping, each) for each in json_values.objects_with(row))


def _is_listed(report: Report, row: Any) -> bool:
    """Whether a report that is no delivery says in any field that its recipient is on a list of refusals."""
    is_told = report.reason in (Reason.BLOCKED_BY_VENDOR, Reason.BLOCKED_BY_IYS)
    if is_told or (report.is_known and report.state not in (ReportState.FAILED, ReportState.EXPIRED)):
        return False
    said = _without_own_texts(dict(json_values.leaves(row)))
    return any(isinstance(each, str) and names_list(each) for each in said.values())


def _without_own_texts(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is our own message as a vendor repeats it, with the numbers in it."""
    return {place: each for place, each in values.items() if not (isinstance(each, str) and _is_own_text(each))}


def _is_own_text(said: str) -> bool:
    folded = fold(said)
    is_long = len(folded.split()) >= FEWEST_WORDS and TELLS_HOW.search(folded) is not None
    return is_long and classify_reply(said) == ReplyOutcome.LIKELY_REFUSAL


def _refusing_at(kind: Kind, place: str, value: Any) -> Refusing:
    """How surely a value refuses: in a row of a known shape no flag does, nor why a report's message did not arrive."""
    words = _refusing(value)
    if words and kind in (Kind.REPLY, Kind.REPORT) and not is_texts(place):
        is_said = FLAG.fullmatch(fold(value)) is not None or (
            kind == Kind.REPORT and words == Refusing.MAYBE and SAYS_WHY.search(place.rpartition("/")[2]) is not None
        )
        return Refusing.NOT if is_said else words
    return words


def _people(values: Mapping[str, Any]) -> list[str]:
    return [each for place, value in values.items() for each in unread_rows.people_at(place, value)]


def _refusing(value: Any) -> Refusing:
    outcome = classify_reply(value) if isinstance(value, str) else None
    if outcome in REFUSING:
        return Refusing.SURELY if outcome == ReplyOutcome.REFUSAL else Refusing.LIKELY
    return Refusing.MAYBE if outcome and " " in value and MAY_REFUSE.search(fold(value).lower()) else Refusing.NOT


def _may_refuse(within: Any, inbound: Mapped) -> bool:
    """Whether a number and words that refuse stand in a part of a report; unsure ones too where it means a reply."""
    said = _without_own_texts(dict(json_values.leaves(within)))
    least = Refusing.MAYBE if _is_meant(within, inbound) else Refusing.LIKELY
    return bool(_people(said)) and any(_refusing(each) >= least for each in said.values())


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
    if not rows or _people(dict(json_values.leaves(around))):
        return bool(rows), [around | rows if rows else around] if around else []
    return True, [each for each in (around, *(each for left in rows.values() for each in left)) if each]
