"""Read delivery reports and replies out of a vendor's rows, as the vendor's description says where what stands."""

import json
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from portal.core import addresses, clock
from portal.domain.replies import ReplyOutcome, classify_reply
from portal.services.messaging.gateways import json_values, push_text, xml_values
from portal.services.messaging.gateways.json_values import matches, read, read_text
from portal.services.messaging.gateways.protocol import (
    Feedback,
    InboundMessage,
    Reason,
    Report,
    ReportState,
    VendorPush,
)

Mapped = Mapping[str, Any]  # "report_push" or "inbound_push" of a description.
FORMATS = ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d%m%Y%H%M%S", "%d%m%Y%H%M", "%d/%m/%Y %H:%M:%S")  # Beside ISO 8601.
YEARS = range(2000, 2100)
MOST_ROWS = 100_000
DEEPEST = 50  # Levels of a push.
REFUSING = (ReplyOutcome.REFUSAL, ReplyOutcome.LIKELY_REFUSAL)
CODE = re.compile(r"[A-Za-z0-9_.:-]{1,40}")
MOBILE = re.compile(  # However it is written, also with a "%2B" before it.
    r"(?<![0-9])(?:(?:00)?90|0)?[ (]{0,2}5[0-9]{2}[ )-]{0,2}[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{2}(?![0-9])"
)
MAILBOX = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9.-]{1,255}[A-Za-z]")
ANYWHERE = "*"  # Where rows are whose place nobody knows.
WHOLE, AROUND = 4000, 300  # Characters of what nobody can read; or before and after a number.
COST = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,6})?")


def parse_push(push: VendorPush) -> Any:
    """What a push holds, with names in lower case: JSON, also in lines or in strings, XML, or the fields of a form; and
    those of the query. Raises ValueError."""
    text, rows = push_text.decode(push.body, push.content_type).strip(), list[Any]()
    if text.startswith("<"):
        document = json_values.lower_names(xml_values.parse(text))
    elif text and ("json" in push.content_type or text[0] in "{["):
        try:
            document = json_values.parse(text, in_lower_case=True)
        except ValueError:
            document = [json_values.parse(line, in_lower_case=True) for line in text.splitlines() if line.strip()]
    else:
        document, *rows = json_values.lower_names(push_text.read_rows(push.body.strip()))
        if text and (not document or push.content_type.startswith("multipart/")):
            raise ValueError("no form")
    if json_values.is_deeper(document, DEEPEST):
        raise ValueError("nested too deeply")
    document = _with_query(document, json_values.lower_names(dict(push.query)))
    return _open_strings([document, *rows] if rows else document)


def read_reports(mapping: Mapped, document: Any) -> list[Report]:
    """Delivery reports of a document whose names are in lower case."""
    return [_read_report(mapping, row) for row in _meant_rows(mapping, document)]


def read_replies(mapping: Mapped, document: Any) -> list[InboundMessage]:
    """Replies of a document whose names are in lower case, and what nobody can read in it."""
    return list(read_rows(document, None, mapping).replies)


def read_rows(document: Any, reports: Mapped | None, inbound: Mapped | None) -> Feedback:
    """What a vendor told us, in a document whose names are in lower case; its inbox where `reports` is None. A row that
    no mapping understands hides behind no other: it is a reply that nobody can read, unless it may be a report of some
    kind and says nothing that may refuse."""
    told = [(row, _read_report(reports, row)) for row in _meant_rows(reports, document)] if reports else []
    replies = [(row, _read_reply(inbound, row)) for row in _meant_rows(inbound, document)] if inbound else []
    whole = {id(row): each for row, each in replies if each.sender and each.text}
    known = {id(row) for row, each in told if each.is_known}
    of_reports = {id(row) for row, each in told if each.code or each.ref or each.message_id}
    unread = [
        row for row, each in told if id(row) in known - whole.keys() and _is_reply_too(row, each, reports, inbound)
    ]
    unread += [row for row, _ in replies if id(row) in whole and _says_more(row, inbound)]
    unread += [
        row for row in _left_over(document, known | whole.keys())[1]
        if (_may_refuse(row) if id(row) in of_reports else _may_be_reply(row, inbound, is_inbox=reports is None))
    ]  # fmt: skip
    found = [*whole.values(), *(each for row in unread for each in unread_replies(row))]
    return Feedback(tuple(each for _, each in told), replies=tuple(found))


def unread_replies(document: Any, names: re.Pattern[str] = MOBILE) -> list[InboundMessage]:
    """What nobody can read, from each number (or mailbox) in it, or from nobody: all of it, or of more than WHOLE
    characters what stands around each place of the number."""
    text = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
    around: dict[str, str] = {}
    ends: dict[str, int] = {}
    for each in islice(names.finditer(text), MOST_ROWS):
        number, end = canonical(each[0]), each.end() + AROUND
        around[number] = f"{around.get(number, '')}…{text[max(each.start() - AROUND, ends.get(number, 0)) : end]}…"
        ends[number] = end
    shown = around or {"": f"{text[:WHOLE]}…"}
    return [
        InboundMessage(
            "", sender, "", text if len(text) <= WHOLE else said, clock.now(), is_dated=False, is_whole=False
        )
        for sender, said in shown.items()
    ]


def canonical(number: str) -> str:
    """A vendor's spelling of a phone number as ours, +905…, also abroad without a plus; what is none as it is."""
    for spelling in (number, f"+{number}" if number.isdecimal() else ""):
        with suppress(addresses.BadAddress):
            return addresses.parse(spelling).text
    return number


def parse_time(text: str, zone: str = "") -> datetime | None:
    """A vendor's time in UTC. A time without a zone is Istanbul's, or that of "UTC"."""
    own = UTC if zone == "UTC" else clock.ISTANBUL
    for layout in ("", *FORMATS):
        with suppress(ValueError, OverflowError):
            at = datetime.strptime(text, layout).replace(tzinfo=own) if layout else datetime.fromisoformat(text)
            at = (at if at.tzinfo else at.replace(tzinfo=own)).astimezone(UTC)
            return at if at.year in YEARS else None  # Seconds since 1970 pass for a day of another age.
    return None


def safe_code(word: str) -> str:
    """A vendor's word for a log: a text that may hold more than a code is left out."""
    return word if CODE.fullmatch(word) else ""


def _with_query(document: Any, query: dict[str, str]) -> Any:
    """What the body and the query say of the same name stands apart."""
    if isinstance(document, dict):
        lost = {name: each for name, each in query.items() if document.get(name, each) != each}
        return query | document | ({"query": lost} if lost else {})
    rows = document if isinstance(document, list) else [] if document is None else [document]
    return [*rows, query] if query else document


def _open_strings(value: Any, levels: int = 2) -> Any:
    """A value with the objects that stand in its strings as JSON."""
    if isinstance(value, dict):
        return {name: _open_strings(each, levels) for name, each in value.items()}
    if isinstance(value, list):
        return [_open_strings(each, levels) for each in value]
    with suppress(ValueError):
        found = json_values.parse(value, in_lower_case=True) if levels and str(value)[:1] in ("{", "[") else None
        if any(json_values.objects_with(found)) and not json_values.is_deeper(found, DEEPEST):
            return _open_strings(found, levels - 1)
    return value


def _meant_rows(mapping: Mapped, document: Any) -> list[dict[str, Any]]:
    """The objects that "where" means: each, or those with one of the words at one of the pointers."""
    items, where = read(document, mapping.get("items", "")), mapping.get("where")
    found = document if items is None else items
    found = list(json_values.objects_with(document)) if mapping.get("items") == ANYWHERE else found
    rows = [each for each in (found if isinstance(found, list) else [found])[:MOST_ROWS] if isinstance(each, dict)]
    return [
        row for row in rows
        if not where or any(matches(read_text(row, pointer), words) for pointer, words in where.items())
    ]  # fmt: skip


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
    """Whether a report also says what somebody else than its message's recipient wrote, or a refusal."""
    reply = _read_reply(inbound, row) if inbound else None
    is_by_other = reply is not None and reply.text and MOBILE.search(reply.sender) and reply.sender != report.to
    return bool(is_by_other) or _says_more(row, reports)


def _may_be_reply(row: Any, mapping: Mapped | None, *, is_inbox: bool) -> bool:
    if mapping and isinstance(row, dict) and row:
        reply = _read_reply(mapping, row)
        if reply.sender or reply.text or (mapping.get("where") and _meant_rows({**mapping, "items": ""}, row)):
            return True
    names_number = is_inbox and MOBILE.search(json.dumps(row, ensure_ascii=False)) is not None
    return not isinstance(row, dict) or names_number or _may_refuse(row)


def _read_report(mapping: Mapped, row: Any) -> Report:
    word = read_text(row, mapping["state"])
    state, reason = _translate_state(mapping, word)
    detail = read_text(row, mapping.get("detail", "/ "))
    if state in (ReportState.FAILED, ReportState.EXPIRED) and reason is None:
        reason = next(
            (Reason(each["reason"]) for each in mapping.get("details", ()) if matches(detail, each["words"])), None
        )
    number, parts, cost = (read_text(row, mapping.get(name, "/ ")) for name in ("item_id", "parts", "cost"))
    return Report(
        state,
        ref=read_text(row, mapping.get("ref", "/ ")),
        message_id=_whole_number(number),
        to=canonical(read_text(row, mapping.get("to", "/ "))),
        reason=reason,
        code="/".join(filter(None, (safe_code(word), safe_code(detail) if detail != "0" else ""))),
        at=parse_time(read_text(row, mapping.get("at", "/ ")), mapping.get("zone", "")),
        parts=_whole_number(parts),
        cost=cost.replace(",", ".") if COST.fullmatch(cost) else "",
    )


def _translate_state(mapping: Mapped, word: str) -> tuple[ReportState, Reason | None]:
    """An unknown word ends nothing, and raises an alarm."""
    for each in mapping["states"]:
        if matches(word, each["words"]):
            return ReportState(each["state"]), Reason(each["reason"]) if each.get("reason") else None
    return ReportState.ACCEPTED, Reason.UNKNOWN


def _read_reply(mapping: Mapped, row: Any) -> InboundMessage:
    sender, to, text, time, keyword, given_id = (
        read_text(row, mapping.get(name, "/ ")) for name in ("from", "to", "text", "at", "keyword", "id")
    )
    told_at = parse_time(time, mapping.get("zone", ""))
    return InboundMessage(
        id=given_id,
        sender=canonical(sender),
        to=canonical(to),
        text=text,
        received_at=told_at or clock.now(),
        keyword=keyword,
        is_dated=told_at is not None and len(time) > len("2026-11-28"),
    )


def _whole_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
