"""İYS's field rules for a single add, checked before sending; problems are İYS's codes, all at once."""

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any, NamedTuple

from portal.core.addresses import is_email, is_phone
from portal.core.business_days import lenient_deadline
from portal.core.iys_protocol.codes import CODES
from portal.core.iys_protocol.dates import FIRST_DATE, WIRE_DATE, parse_wire_date
from portal.core.iys_protocol.enums import Channel, RecipientType, Source, Status

FIELDS = ("recipientType", "retailerAccess", "recipient", "retailerCode", "source", "type", "consentDate", "status")
MAX_PHONE_LENGTH = 15  # With its plus sign.
MAX_RETAILERS = 100  # İYS says 100 in a table and 3000 in a schema; the smaller is safe.
KIND_OF_ADDRESS = {Channel.SMS: "telefon", Channel.CALL: "telefon", Channel.EMAIL: "e-posta"}


Location = list[str | int]
Body = dict[str, Any]


class MissingType(Enum):
    """The type of MISSING, the sentinel for an absent field: null is a value."""

    MISSING = "missing"


MISSING = MissingType.MISSING


class IysProblem(NamedTuple):
    """A violated rule: İYS's code, path to the field, offending value, and the wire text if it is not the code's."""

    code: str
    location: Location | None = None
    value: object = MISSING
    text: str = ""

    @property
    def message(self) -> str:
        return self.text or CODES[self.code].message

    def __repr__(self) -> str:  # Without the value, which may be an address: a repr may end in logs.
        return f"IysProblem({self.code}, {self.location})"


def validate_consent(body: object, *, now: datetime) -> list[IysProblem]:
    """The errors İYS would answer to this parsed body of a single add, as far as they don't depend on its stored state.

    H085 (not an object) and H267 (empty retailerCode) are 400s and stand alone; the others are 422s and add up.
    """
    if not isinstance(body, dict):
        return [IysProblem("H085")]
    if body.get("retailerCode") == "":
        return [IysProblem("H267")]
    return [
        *(IysProblem("H118", [key], value) for key, value in body.items() if key not in FIELDS),
        *_check_recipient(body),
        *_check_choice(body, "type", Channel, missing="H111", wrong="H117"),
        *_check_choice(body, "recipientType", RecipientType, missing=None, wrong="H116"),
        *_check_status(body),
        *_check_choice(body, "source", Source, missing=None if _is_merchant(body) else "H113", wrong="H119"),
        *_check_retailer_access(body),
        *_check_consent_date(body, now),
    ]


def error_body(found: list[IysProblem]) -> Body:
    """The error body as İYS sends it: code, location and value if any, and text."""
    return {"errors": [_error_item(problem) for problem in found]}


def validate_address(recipient: object, channel: object, location: Location) -> Iterator[IysProblem]:
    """Check an address for its channel: H120, H121, H160; H122 without a channel; H464 if it fits another channel."""
    if channel in (Channel.SMS, Channel.CALL):
        if _is_long_phone(recipient):
            yield IysProblem("H160", location, recipient)
        if not _is_text_that(is_phone, recipient):
            yield IysProblem("H121", location, recipient)
    elif channel == Channel.EMAIL:
        if not _is_text_that(is_email, recipient):
            yield IysProblem("H120", location, recipient)
    elif not _is_text_that(is_phone, recipient) and not _is_text_that(is_email, recipient):
        yield IysProblem("H122", location, recipient)
    if channel in tuple(Channel) and _is_text_that(is_phone if channel == Channel.EMAIL else is_email, recipient):
        kind = KIND_OF_ADDRESS[Channel(str(channel))]
        text = f"İzin tipi (type) {channel} için, alıcı (recipient) {kind} formatında olmalıdır."
        yield IysProblem("H464", location, recipient, text)


def _check_recipient(body: Body) -> Iterator[IysProblem]:
    if "recipient" not in body:
        yield IysProblem("H114", ["recipient"])
    else:
        yield from validate_address(body["recipient"], body.get("type"), ["recipient"])


def _check_status(body: Body) -> Iterator[IysProblem]:
    yield from _check_choice(body, "status", Status, missing="H110", wrong="H115")
    if body.get("source") == Source.PROVIDER_DECISION and body.get("status") == Status.GRANTED:
        yield IysProblem("H408", ["status"], body["status"])


def _check_retailer_access(body: Body) -> Iterator[IysProblem]:
    retailers = body.get("retailerAccess", MISSING)
    if retailers is MISSING:
        return
    if not isinstance(retailers, list) or not retailers:
        yield IysProblem("H163", ["retailerAccess"], retailers)
    elif len(retailers) > MAX_RETAILERS:
        yield IysProblem("H126", ["retailerAccess"], retailers)


def _check_consent_date(body: Body, now: datetime) -> Iterator[IysProblem]:
    text = body.get("consentDate", MISSING)
    if text is MISSING:
        if not _is_merchant(body):
            yield IysProblem("H112", ["consentDate"])
        return
    codes = _codes_of_date(text, is_before_2015=body.get("source") == Source.BEFORE_2015)
    if not codes:
        codes = _codes_of_age(body, parse_wire_date(text), now)
    yield from (IysProblem(code, ["consentDate"], text) for code in codes)


def _codes_of_date(text: object, *, is_before_2015: bool) -> list[str]:
    if not isinstance(text, str) or not WIRE_DATE.fullmatch(text):
        return ["H158"]
    try:
        parse_wire_date(text)
    except ValueError:
        return ["H157"]
    codes = ["H156"] if text < FIRST_DATE else []
    return [*codes, "H155"] if is_before_2015 and text != FIRST_DATE else codes


def _codes_of_age(body: Body, consent_date: datetime, now: datetime) -> list[str]:
    if consent_date > now:
        return ["H162"]
    # HS_2015 allows one date only, so its age means nothing; İYS names no three-day rule for TACIR.
    has_deadline = not _is_merchant(body) and body.get("source") != Source.BEFORE_2015
    return ["H467"] if has_deadline and lenient_deadline(consent_date) < now else []


def _check_choice(
    body: Body, field: str, values: type[StrEnum], *, missing: str | None, wrong: str
) -> Iterator[IysProblem]:
    value = body.get(field, MISSING)
    if value is MISSING:
        if missing:
            yield IysProblem(missing, [field])
    elif value not in tuple(values):
        yield IysProblem(wrong, [field], value)


def _is_merchant(body: Body) -> bool:
    return body.get("recipientType") == RecipientType.MERCHANT


def _is_long_phone(recipient: object) -> bool:
    return isinstance(recipient, str) and len(recipient) > MAX_PHONE_LENGTH and recipient.lstrip("+").isdigit()


def _is_text_that(rule: Callable[[str], bool], recipient: object) -> bool:
    return isinstance(recipient, str) and rule(recipient)


def _error_item(problem: IysProblem) -> Body:
    wire = {"code": problem.code, "location": problem.location, "value": problem.value, "message": problem.message}
    return {key: value for key, value in wire.items() if value is not MISSING and (key != "location" or value)}
