"""Replies in a vendor's rows, and the rows that no mapping understands: they may refuse, so a person reads them."""

import json
import re
from collections.abc import Collection
from dataclasses import asdict, replace
from itertools import islice
from typing import Any
from urllib.parse import unquote_plus

from portal.core import clock
from portal.domain.replies import REFUSING, ReplyOutcome, classify_reply, fold
from portal.domain.replies.refusing_words import MAY_REFUSE
from portal.services.messaging.gateways import json_values
from portal.services.messaging.gateways.json_values import read_text
from portal.services.messaging.gateways.protocol import BlockedAddress, Feedback, InboundMessage, Report
from portal.services.messaging.gateways.vendor_rows import (
    MOST_ROWS,
    Mapped,
    canonical,
    meant_rows,
    read_reply,
    read_report,
)

MOBILE = re.compile(  # However it is written, also with a "%2B" before it.
    r"(?<![0-9])(?:(?:00)?90|0)?[ (]{0,2}5[0-9]{2}[ ).-]{0,2}[0-9]{3}[ .-]?[0-9]{2}[ .-]?[0-9]{2}(?![0-9])"
)
MAILBOX = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9.-]{1,255}[A-Za-z]")
ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
LONG_NUMBER = re.compile(r"(?<![0-9])\+?[0-9]{11,15}(?![0-9])")  # Abroad, or a landline.
SERVICE = "+908"  # Such as ours, to which people write.
MOST_LONG_NUMBERS = 1000
# Characters of what nobody can read; or beside a number, at least and at most.
WHOLE, AROUND, LONGEST_SMS = 4000, 300, 1600


def read_rows(document: Any, reports: Mapped | None, inbound: Mapped | None) -> Feedback:
    """What a vendor told us, in a document whose names are in lower case; its inbox where `reports` is None. A row that
    no mapping understands hides behind no other: it is a reply that nobody can read, unless it may be a report of some
    kind and says nothing that may refuse."""
    told = [(row, read_report(reports, row)) for row in meant_rows(reports, document)] if reports else []
    replies = [(row, _by_number(read_reply(inbound, row))) for row in meant_rows(inbound, document)] if inbound else []
    whole = {id(row): each for row, each in replies if each.sender and each.text and _is_whose(each, row)}
    known = {id(row) for row, each in told if each.is_known}
    doubtful = {id(row) for row, each in replies if each.text} - whole.keys()
    of_reports = {id(row): each for row, each in told if each.code or each.ref or each.message_id}
    unread = [
        row for row, each in told if id(row) in known - whole.keys() and _is_reply_too(row, each, reports, inbound)
    ]
    unread += [row for row, _ in replies if id(row) in whole and _says_more(row, inbound)]
    parts = {id(part) for row, _ in replies if id(row) in whole for part in _parts_of(whole[id(row)], row)}
    understood, is_inbox = known | whole.keys() | parts, reports is None or bool(whole and not known)
    unread += [
        row for row in _left_over(document, understood)[1]
        if (
            _may_refuse(row) or _is_reply_too(row, of_reports[id(row)], reports, inbound)
            if id(row) in of_reports.keys() - doubtful else _may_be_reply(row, inbound, understood, is_inbox=is_inbox)
        )
    ]  # fmt: skip
    found = [*whole.values(), *(each for row in unread for each in unread_replies(row))]
    return Feedback(tuple(each for _, each in told), replies=tuple(found))


def read_replies(mapping: Mapped, document: Any) -> list[InboundMessage]:
    """Replies of a document whose names are in lower case, and what nobody can read in it."""
    return list(read_rows(document, None, mapping).replies)


def unread_replies(document: Any, names: re.Pattern[str] = MOBILE) -> list[InboundMessage]:
    """What nobody can read, from each mobile number (or mailbox) in it, else from each other number, or from nobody:
    all of it, or of more than WHOLE characters what stands around each place of the number, to those before and after.
    """
    text = _unquoted(document) if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
    around: dict[str, str] = {}
    ends: dict[str, int] = {}
    found = list(islice(names.finditer(text), MOST_ROWS)) or _long_numbers(text)
    stops, starts = (each.end() for each in found[:-1]), (each.start() for each in found[1:])
    for before, each, after in zip([0, *stops], found, [*starts, len(text)], strict=False):
        number = canonical(each[0])
        begin = max(min(before, each.start() - AROUND), each.start() - LONGEST_SMS, ends.get(number, 0))
        ends[number] = min(max(after, each.end() + AROUND), each.end() + LONGEST_SMS)
        around[number] = f"{around.get(number, '')}…{text[begin : ends[number]]}…"
    shown = around or {"": f"{text[:WHOLE]}…"}
    return [
        InboundMessage(
            "", sender, "", text if len(text) <= WHOLE else said, clock.now(), is_dated=False, is_whole=False
        )
        for sender, said in shown.items()
    ]


def names_of(row: Any) -> list[str]:
    """The numbers of a row in a vendor's list. One without a mobile number is for a person as well: what looks like
    another number may be an id."""
    told, found = json.dumps(row), numbers_in(row)
    return found + ([] if MOBILE.search(told) or (found and isinstance(row, str)) else [told])


def numbers_in(value: Any) -> list[str]:
    """Mobile numbers as ours, else others."""
    text = json.dumps(value)
    return [canonical(each[0]) for each in MOBILE.finditer(text)] or [
        canonical(each[0]) for each in _long_numbers(text)
    ]


def _by_number(reply: InboundMessage) -> InboundMessage:
    """A reply whose sender is the one mobile number in it, such as beside a name in a phone's list, or an app's."""
    found = () if _is_person(reply.sender) else {canonical(each) for each in MOBILE.findall(reply.sender)}
    return replace(reply, sender=found.pop()) if len(found) == 1 else reply


def _is_whose(reply: InboundMessage, row: dict[str, Any]) -> bool:
    """Whether a reply's sender is a person, or a number beside which no other one stands: in a vendor's first field our
    own header or number may stand, and in others its login's."""
    own = (reply.sender, reply.text)
    others = json.dumps([each for each in row.values() if not isinstance(each, str | int) or str(each) not in own])
    beside = {canonical(each[0]) for each in MOBILE.finditer(others)} - {reply.to}
    is_number = reply.sender[:1] == "+" and reply.sender[1:].isdecimal()
    return _is_person(reply.sender) or (is_number and not (beside or _long_numbers(others)))


def _parts_of(reply: InboundMessage, row: dict[str, Any]) -> list[dict[str, Any]]:
    """The objects within a reply's row that hold its text, and nobody else's number beside it."""
    found = []
    for part in json_values.objects_with(row):
        others = [each for each in part.values() if str(each) != reply.text]
        numbers = {canonical(each) for each in MOBILE.findall(json.dumps(others))}
        found += [part] if len(others) < len(part) and numbers <= {reply.sender, reply.to} else []
    return found


def _is_person(sender: str) -> bool:
    """Whether a sender is a mobile number, or one abroad."""
    return sender[1:].isdecimal() and (sender.startswith("+905") or (sender[:1] == "+" and sender[:3] != "+90"))


def _unquoted(text: str) -> str:
    """Without the encoding of forms, and of JSON, where quotation marks have it."""
    text = unquote_plus(text) if "%22" in text else text
    text = ESCAPED.sub(lambda each: chr(int(each[1], 16)), text) if "\\u" in text else text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _long_numbers(text: str) -> list[re.Match[str]]:
    found = ((each, canonical(each[0])) for each in islice(LONG_NUMBER.finditer(text), MOST_LONG_NUMBERS))
    return [each for each, number in found if number.startswith("+") and not number.startswith(SERVICE)]


def as_unread(piece: Report | InboundMessage | BlockedAddress, why: str) -> InboundMessage:
    """A piece of news that failed, and what was raised in place of a keyword."""
    said = {name: value for name, value in asdict(piece).items() if value}
    if isinstance(piece, InboundMessage) and not piece.is_dated:
        del said["received_at"]
    sender = said.get("sender") or said.get("address") or (said.get("to", "") if isinstance(piece, Report) else "")
    text = json.dumps(said, default=str, ensure_ascii=False)
    return InboundMessage(
        "", sender, "", text, clock.now(), keyword=why, is_dated=False, is_whole=False, message_id=piece.message_id
    )


def _left_over(value: Any, understood: Collection[int]) -> tuple[bool, list[Any]]:
    """Whether there are rows in a value, and what is left beside those that were understood: rows by themselves, each
    whole, and what stands around them."""
    if id(value) in understood:
        within = {name: each for name, each in value.items() if each and isinstance(each, dict | list)}
        found = [(name, left) for name, each in within.items() for left in _left_over(each, understood)[1]]
        return True, [left if isinstance(left, dict) else {name: left} for name, left in found]
    if isinstance(value, list):
        left = [each for row in value[:MOST_ROWS] for each in _left_over(row, understood)[1]]
        return len(left) < len(value) or any(isinstance(each, dict) for each in value), left
    inner = {name: _left_over(each, understood) for name, each in value.items()} if isinstance(value, dict) else {}
    rows = {name: left for name, (has_rows, left) in inner.items() if has_rows}
    around = {name: each for name, each in value.items() if name not in rows} if rows else {}
    if not rows or MOBILE.search(json.dumps(around)):
        return False, [value] if value else []
    return True, [around, *(each for left in rows.values() for each in left)]


def _may_refuse(row: Any) -> bool:
    return any(classify_reply(each) in REFUSING for each in json_values.strings(row))


def _says_more(row: dict[str, Any], mapping: Mapped | None) -> bool:
    """Whether a field that a mapping does not mean is a clear refusal."""
    fields = [each for each in (mapping or {}).values() if each and isinstance(each, str | list)]
    meant = {read_text(row, each) for each in fields if str(each[0]).startswith("/")}
    texts = {read_text([each], "/0") for each in row.values() if isinstance(each, str)} - meant
    return any(classify_reply(each) == ReplyOutcome.REFUSAL for each in texts)


def _is_reply_too(row: dict[str, Any], report: Report, reports: Mapped | None, inbound: Mapped | None) -> bool:
    """Whether a report also says what somebody else than its message's recipient wrote, in whatever field where that of
    texts is empty, or a refusal."""
    reply = read_reply(inbound, row) if inbound else None
    is_by_other = reply is not None and MOBILE.search(reply.sender) and reply.sender != report.to
    return bool(is_by_other and reply and (reply.text or _may_refuse(row))) or _says_more(row, reports)


def _may_be_reply(row: Any, mapping: Mapped | None, understood: Collection[int], *, is_inbox: bool) -> bool:
    """By a field that the mapping means, at any depth; by a number in an inbox, or beside words that may refuse."""
    top = {**(mapping or {}), "items": ""}
    for each in json_values.objects_with(row) if mapping else ():
        reply = None if id(each) in understood else read_reply(top, each)
        if reply and (reply.sender or reply.text or (top.get("where") and meant_rows(top, each))):
            return True
    names_number = MOBILE.search(json.dumps(row, ensure_ascii=False)) is not None
    says = any(" " in each and MAY_REFUSE.search(fold(each).lower()) for each in json_values.strings(row))
    return not isinstance(row, dict) or (names_number and (is_inbox or says)) or _may_refuse(row)
