"""Read delivery reports and replies out of a vendor's rows, as the vendor's description says where what stands."""

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from portal.core import addresses, clock
from portal.core.ids import parse_id
from portal.services.messaging.gateways import json_values
from portal.services.messaging.gateways.json_values import matches, read, read_text
from portal.services.messaging.gateways.protocol import BLOCKED, InboundMessage, Reason, Report, ReportState
from portal.services.messaging.gateways.sample_words import may_refuse

Mapped = Mapping[str, Any]  # "report_push" or "inbound_push" of a description.
# Beside ISO 8601.
TIME_FORMATS = ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M:%S")
TIMES_OF_DIGITS = {14: "%d%m%Y%H%M%S", 12: "%d%m%Y%H%M"}  # By their length: strptime takes one digit for two.
PLAUSIBLE_YEARS = range(2000, 2100)
LONGEST_DATE = 10  # Characters of a date without a time.
WITH_SECONDS = re.compile(r":[0-9]{2}:[0-9]{2}|[0-9]{14}|T[0-9]{6}")  # A time.
MOST_ROWS = 100_000
LOGGABLE_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,40}")
ANYWHERE = "*"  # Where rows are whose place nobody knows.
CODE_OR_REASON_PLACE = re.compile(r"err|code|kod|reason|neden|sebep|status|durum|detail|detay|hata")
ERROR_FIELD_NAME = re.compile(  # Of a field: no "postal_code", "referrer" or "muhatap".
    r"(?<!f)err|(?<!mu)hata|^(?:(?:status|reason|result|response|fail(?:ure)?|durum|sonuc|neden)[_-]?)?(?:code|kodu?)$"
)
# Codes by which well-known vendors say in their documents that the person left, where a description names none of them;
# with the names of the fields in which they stand.
DOCUMENTED_FIELDS = dict.fromkeys(("21610", "63014", "40300"), ERROR_FIELD_NAME) | {"9": re.compile(r"^err-code$")}
COST = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,6})?")


def read_reports(mapping: Mapped, document: Any) -> list[Report]:
    """Delivery reports of a document whose names are in lower case."""
    return [read_report(mapping, row) for row in meant_rows(mapping, document)]


def meant_rows(mapping: Mapped, document: Any) -> list[dict[str, Any]]:
    """The objects that "where" means: each, or those with one of the words at one of the pointers."""
    items, where = read(document, mapping.get("items", "")), mapping.get("where")
    found = document if items is None else items
    found = list(json_values.objects_with(document)) if mapping.get("items") == ANYWHERE else found
    rows = [each for each in (found if isinstance(found, list) else [found])[:MOST_ROWS] if isinstance(each, dict)]
    return [
        row for row in rows
        if not where or any(matches(read_text(row, pointer), words) for pointer, words in where.items())
    ]  # fmt: skip


def read_report(mapping: Mapped, row: Any) -> Report:
    word = read_text(row, mapping["state"])
    state, reason = _translate_state(mapping, word)
    detail = read_text(row, mapping.get("detail", "/ "))
    is_failed = state in (ReportState.FAILED, ReportState.EXPIRED)
    if is_failed and reason is None:
        reason = next(
            (Reason(each["reason"]) for each in mapping.get("details", ()) if matches(detail, each["words"])), None
        )
    if (is_failed or reason == Reason.UNKNOWN) and reason not in BLOCKED and (code := refusal_code(mapping, row)):
        state, reason, detail = ReportState.FAILED, Reason.BLOCKED_BY_VENDOR, code
    number, parts, cost = (read_text(row, mapping.get(name, "/ ")) for name in ("item_id", "parts", "cost"))
    return Report(
        state,
        ref=read_text(row, mapping.get("ref", "/ ")),
        message_id=parse_id(number),
        to=guess_person(read_text(row, mapping.get("to", "/ "))),
        reason=reason,
        code="/".join(filter(None, (safe_code(word), safe_code(detail) if detail != "0" else ""))),
        at=parse_time(read_text(row, mapping.get("at", "/ ")), mapping.get("zone", "")),
        parts=parse_id(parts) if len(parts) < 5 else None,
        cost=cost.replace(",", ".") if COST.fullmatch(cost) else "",
        may_refuse=(reason not in BLOCKED and may_refuse(word, mapping.get("said", {}).get(word, "")))
        or (is_failed and reason not in BLOCKED and detail in mapping.get("may_refuse", ())),
    )


def read_reply(mapping: Mapped, row: Any) -> InboundMessage:
    sender, to, text, time, keyword, given_id = (
        read_text(row, mapping.get(name, "/ ")) for name in ("from", "to", "text", "at", "keyword", "id")
    )
    told_at = parse_time(time, mapping.get("zone", ""))
    return InboundMessage(
        id=given_id,
        sender=guess_person(sender),
        to=guess_address(to),
        text=text,
        received_at=told_at or clock.now(),
        keyword=keyword,
        is_dated=told_at is not None and len(time) > LONGEST_DATE,
        tells_seconds=told_at is not None and WITH_SECONDS.search(time) is not None,
    )


def guess_address(number: str) -> str:
    """What vendors and mails write as an address, as ours: +905…, abroad without a plus, too; a mailbox of an IDN as
    İYS takes it; what is none as it is."""
    number = addresses.with_ascii_domains(number)
    for spelling in (number, f"+{number}" if number.replace(" ", "").isdecimal() else ""):
        with suppress(addresses.BadAddress):
            return addresses.parse(spelling).text
    with suppress(addresses.BadAddress):  # A Turkish mobile of a range that the numbering plan does not know.
        found = addresses.parse_possible(number)
        return found.text if found.is_mobile else number
    return number


def guess_person(number: str) -> str:
    """As guess_address(), but digits that may be two numbers stay as they are: whose they are is known by whom the
    account's owner has (known_numbers)."""
    digits = number.replace(" ", "")
    return digits if len(readings(digits)) > 1 else guess_address(number)


def readings(number: str) -> Sequence[str]:
    """All that a number may be. Digits without a 0 or a plus may be a Turkish landline and a number abroad: 452 123
    45 67 is in Ordu, and a mobile in Denmark."""
    here = guess_address(number)
    with suppress(addresses.BadAddress):
        return tuple(dict.fromkeys([here, addresses.parse(f"+{number}" if number.isdecimal() else "").text]))
    return (here,)


def parse_time(text: str, zone: str = "") -> datetime | None:
    """A vendor's time in UTC. A time without a zone is Istanbul's, or that of "UTC"."""
    own = UTC if zone == "UTC" else clock.ISTANBUL
    of_digits = [TIMES_OF_DIGITS[len(text)]] if text.isdecimal() and len(text) in TIMES_OF_DIGITS else []
    for layout in ("", *of_digits, *TIME_FORMATS):
        with suppress(ValueError, OverflowError):
            at = datetime.strptime(text, layout).replace(tzinfo=own) if layout else datetime.fromisoformat(text)
            at = (at if at.tzinfo else at.replace(tzinfo=own)).astimezone(UTC)
            return at if at.year in PLAUSIBLE_YEARS else None  # Seconds since 1970 pass for a day of another age.
    return None


def parse_end(text: str) -> datetime | None:
    """The latest moment that a vendor's time means: a day has no other than its end."""
    at = parse_time(text)
    return min(at + timedelta(days=1), clock.now()) if at and len(text) <= LONGEST_DATE else at


def safe_code(word: str) -> str:
    """A vendor's word for a log: a text that may hold more than a code is left out."""
    return word if LOGGABLE_CODE.fullmatch(word) else ""


def documented_refusal(document: Any, named: Collection[str]) -> str:
    """A code in a document by which a well-known vendor says that the person left; empty where none does. `named` are
    those of which the account's own description says what they mean."""
    for place, value in json_values.leaves(document):
        code, name = str(value).strip(), place.lower().rpartition("/")[2]
        if code in DOCUMENTED_FIELDS and code not in named and DOCUMENTED_FIELDS[code].search(name):
            return code
    return ""


def refusal_code(mapping: Mapped, row: Any) -> str:
    """A code of somebody who left, by the description's other lists, that stands where a code or a reason does; or by
    a vendor's documents."""
    if "refusal_codes" not in mapping:
        return ""
    codes, found = mapping["refusal_codes"], ((place, str(each).strip()) for place, each in json_values.leaves(row))
    known = (each for place, each in found if each in codes and CODE_OR_REASON_PLACE.search(place))
    return next(known, "") or documented_refusal(row, mapping["named_codes"])


def _translate_state(mapping: Mapped, word: str) -> tuple[ReportState, Reason | None]:
    """An unknown word ends nothing, and raises an alarm."""
    for each in mapping["states"]:
        if matches(word, each["words"]):
            return ReportState(each["state"]), Reason(each["reason"]) if each.get("reason") else None
    return ReportState.ACCEPTED, Reason.UNKNOWN
