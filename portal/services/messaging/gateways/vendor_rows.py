"""Read delivery reports and replies out of a vendor's rows, as the vendor's description says where what stands."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from portal.core import addresses, clock
from portal.services.messaging.gateways import json_values, push_text, xml_values
from portal.services.messaging.gateways.json_values import matches, read, read_text
from portal.services.messaging.gateways.protocol import InboundMessage, Reason, Report, ReportState, VendorPush

Mapped = Mapping[str, Any]  # "report_push" or "inbound_push" of a description.
FORMATS = ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d%m%Y%H%M%S", "%d%m%Y%H%M", "%d/%m/%Y %H:%M:%S")  # Beside ISO 8601.
YEARS = range(2000, 2100)
MOST_ROWS = 100_000
CODE = re.compile(r"[A-Za-z0-9_.:-]{1,40}")
MOBILE = re.compile(  # However it is written, also with a "%2B" before it.
    r"(?<![0-9])(?:(?:00)?90|0)?[ (]{0,2}5[0-9]{2}[ )-]{0,2}[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{2}(?![0-9])"
)
AROUND = 300  # Characters before and after a number: a reply and its names.
COST = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,6})?")


def parse_push(push: VendorPush) -> Any:
    """What a push holds, with names in lower case: JSON, XML, or the fields of a form or of the query. Raises
    ValueError."""
    text = push_text.decode(push.body, push.content_type).strip()
    if text.startswith("<"):
        return json_values.lower_names(xml_values.parse(text))
    if "json" in push.content_type or text[:1] in ("{", "["):
        return json_values.parse(text, in_lower_case=True)
    fields = push_text.read_fields(push.body.strip())
    if text and (not fields or push.content_type.startswith("multipart/")):
        raise ValueError("no form")
    return json_values.lower_names(dict(push.query) | fields)


def read_reports(mapping: Mapped, document: Any) -> list[Report]:
    """Delivery reports of a document whose names are in lower case."""
    return [_read_report(mapping, row) for row in _rows(mapping, document) if _is_meant(mapping, row)]


def read_inbound(mapping: Mapped, document: Any) -> list[InboundMessage]:
    """Replies of a document whose names are in lower case. A row that is no object is kept as it is, also of reports,
    and so is a reply without its sender or its text: it may hold a refusal."""
    found: list[InboundMessage] = []
    for row in _rows(mapping, document):
        if _is_meant(mapping, row):
            reply = _read_reply(mapping, row)
            found += [reply] if bool(reply.sender) == bool(reply.text) else unread_replies(row)
        elif row and not isinstance(row, dict):
            found += unread_replies(row)
    return found


def unread_replies(document: Any) -> list[InboundMessage]:
    """What nobody can read, from each number that stands in it, with the text around it; or from nobody."""
    text = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
    around = {
        canonical(each[0]): text[max(0, each.start() - AROUND) : each.end() + AROUND]
        for each in islice(MOBILE.finditer(text), MOST_ROWS)
    }
    return [
        InboundMessage("", sender, "", said, clock.now(), is_dated=False, is_whole=False)
        for sender, said in (around or {"": text[: 2 * AROUND]}).items()
    ]


def canonical(number: str) -> str:
    """A vendor's spelling of a phone number as ours: +905…; a short code, or what is no number, as it is."""
    try:
        return addresses.parse(number).text
    except addresses.BadAddress:
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


def _rows(mapping: Mapped, document: Any) -> list[Any]:
    items = read(document, mapping.get("items", ""))
    found = document if items is None else items
    return found[:MOST_ROWS] if isinstance(found, list) else [found]


def _is_meant(mapping: Mapped, row: Any) -> bool:
    """Whether "where" means a row: each object, or those with one of the words at one of the pointers."""
    where = mapping.get("where")
    is_one = not where or any(matches(read_text(row, pointer), words) for pointer, words in where.items())
    return is_one and isinstance(row, dict)


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
        is_dated=told_at is not None,
    )


def _whole_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
