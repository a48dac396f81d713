"""Read the rows of a request: each becomes an entry as a file's line does, or a problem with İYS's code.

Whatever is wrong with its date, its source or its other fields, a refusal is taken, without them: it counts then as of
now, as HS_KARAR. What was left out is said.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from portal.api.v1.evidence import find_problem, may_tell_of_refusal, says_no_evidence
from portal.api.v1.row_problems import ApiRowProblem, BadRow, find_unfit
from portal.api.v1.schemas import MAX_ID, MAX_TEXT, ConsentRow
from portal.core import addresses, iys_protocol
from portal.core.addresses import BadAddress
from portal.core.addresses.problems import ExplainedProblem
from portal.core.iys_protocol import (
    Channel,
    RecipientType,
    Retailers,
    Source,
    Status,
    format_wire_date,
    parse_wire_date,
    read_wire_date,
)
from portal.domain.consents.bulk_import import Entry
from portal.services.imports.brand_columns import BrandColumn, brand_columns, find_another
from portal.services.imports.brand_names import NO_BRANDS, BrandNames
from portal.services.imports.date_column import grant_date, is_of_before_law, refusal_date
from portal.services.imports.fixes import addresses_meant
from portal.services.imports.layout.normalization import name_of
from portal.services.imports.layout.refusals import REFUSING_SIGNS, refuses
from portal.services.imports.refusals_beside import is_beside_address
from portal.services.imports.row_results import RowProblem

OUR_FIELDS = ("evidence", "grantedAgain", "correlationId", "reference", "confirm")  # Fields that İYS does not know.
ROW_FIELDS = ConsentRow.model_fields.keys()
HALF_SIGN = re.compile("[\ud800-\udfff]")  # JSON can escape half of a surrogate pair, which no database takes.
REFUSAL_FIELDS = ("recipient", "type", "status")  # Without these nobody knows what is refused.
NAMED_RETAILERS = ("retailerCode", "retailerAccess")
NO_PROBLEM = "H467"  # See Effect.LATE_GRANT.
CLOCK_AHEAD = timedelta(minutes=1)  # So far may a program's clock be ahead: what it dates counts as of now.
NOT_BLOCKING = ("H112", "H113", "H120", "H121")  # A refusal needs no date, no source, and no address of today's rules.
OWN_IDS = ("correlationId", "reference")  # A program's own.
ENDS_IN_DIGIT = re.compile(r"[\w./#+-]*\d")  # "RET-4711", but "1042-RET" is a note.
Parse = Callable[[str], addresses.Address]


@dataclass(frozen=True)
class ReadRow:
    """A row of a request: an entry, or what is wrong."""

    correlation_id: str | None
    reference: str | None = field(repr=False)  # What the provider calls the recipient.
    ignored: list[str] = field(repr=False)  # The names of a refusal's fields that could not be used.
    found: Entry | BadRow = field(repr=False)


def read_rows(
    rows: Sequence[object], at: datetime, brands: BrandNames = NO_BRANDS, *, parse: Parse = addresses.parse
) -> list[ReadRow]:
    """Read rows, addresses of refusals by `parse`; an entry's line is the row's place, from 0. No grant is taken beside
    whose address something may refuse, nor of an address that another row may refuse which cannot be written or is
    another brand's."""
    moment = at.replace(microsecond=0)
    names = list(dict.fromkeys(name for row in rows if isinstance(row, dict) for name in row if name not in ROW_FIELDS))
    fields = {names[place]: each for place, each in brand_columns(names, brands).items()}
    read = [_read_row(place, row, moment, fields, parse) for place, row in enumerate(rows)]
    held = {
        text for row, each in zip(rows, read, strict=True)
        for text in _addresses_maybe_refused(row, fields, each.found)
    }  # fmt: skip
    return refuse_grants(read, RowProblem.REFUSED_ELSEWHERE, held)


def has_unknown_fields(rows: Sequence[object]) -> bool:
    """Whether any row has a field that is none of ours."""
    return any(isinstance(row, dict) and not row.keys() <= ROW_FIELDS for row in rows)


def _read_row(place: int, row: object, at: datetime, fields: dict[str, BrandColumn], parse: Parse) -> ReadRow:
    found: Entry | BadRow = BadRow(ApiRowProblem.NOT_OBJECT)
    ignored: list[str] = []
    if isinstance(row, dict):
        given = {name: value for name, value in row.items() if value is not None}
        date = read_wire_date(given.get("consentDate"))
        if date is not None and at < date <= at + CLOCK_AHEAD:
            given["consentDate"] = format_wire_date(at)
        # Fields that speak of brands as a file's columns do.
        other = find_another(fields, {name: as_cell(value) for name, value in given.items() if name in fields})
        if other is not None:
            bad = BadRow(ApiRowProblem.OTHER_BRAND, "", other[:MAX_ID])
            return ReadRow(find_correlation_id(row), _find_id(row, "reference"), [], bad)
        is_refusal = given.get("status") == Status.REFUSED
        usable = _usable(given, at) if is_refusal else given
        found = _read(place, usable, at, parse if is_refusal else addresses.parse)
        ignored = [name[:MAX_ID] for name in given if name not in usable]
    return ReadRow(find_correlation_id(row), _find_id(row, "reference"), ignored, found)


def as_cell(value: object) -> str:
    """The beginning of as_text(), where more says nothing."""
    return as_text(value)[:MAX_TEXT]


def as_text(value: object) -> str:
    """A field's value as a cell of a file has it: the parts of a list or an object as a list."""
    if isinstance(value, dict):
        value = [f"{name_of(name)} {part}" for name, part in value.items()]
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _usable(row: dict[str, Any], at: datetime) -> dict[str, Any]:
    """A refusal without the fields that are unknown or wrong and that it does not need."""
    known = {name: value for name, value in row.items() if name in ROW_FIELDS and _has_type(name, value)}
    rules = iys_protocol.validate_consent(_wire(known), now=at)
    wrong = {each.location[0] for each in rules if each.location and each.code != NO_PROBLEM}
    date = read_wire_date(known.get("consentDate"))
    if date is not None and is_of_before_law(date):
        wrong |= {"consentDate", "source"} if known.get("source") == Source.BEFORE_2015 else {"consentDate"}
    return {
        name: value for name, value in row.items()
        if name in REFUSAL_FIELDS or (name in known and name not in wrong)
    }  # fmt: skip


def _wire(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in OUR_FIELDS}


def refuse_grants(read: list[ReadRow], why: ExplainedProblem, only: set[str] | None = None) -> list[ReadRow]:
    """Turn grants into this problem: all of them, or those of some canonical addresses."""
    return [
        replace(each, found=BadRow(why))
        if isinstance(each.found, Entry) and each.found.status == Status.GRANTED
        and (only is None or each.found.address.text in only)
        else each
        for each in read
    ]  # fmt: skip


def find_correlation_id(row: object) -> str | None:
    """The number that the program gave to a row, whatever else is wrong with it."""
    return _find_id(row, "correlationId")


def _find_id(row: object, name: str) -> str | None:
    its = row.get(name) if isinstance(row, dict) else None
    return its if isinstance(its, str) and len(its) <= MAX_ID and not HALF_SIGN.search(its) else None


def summarize(results: list[dict[str, Any]]) -> dict[str, Any]:
    """The results of rows, and how many were written, changed nothing, and are problems."""
    kinds = Counter("problems" if row["problem"] else "written" if row["written"] else "unchanged" for row in results)
    return {"results": results, **{kind: kinds[kind] for kind in ("written", "unchanged", "problems")}}


def find_refusing_field(row: Mapping[str, object], names: Iterable[str]) -> str | None:
    """The first of some of our fields that says, or may say beside its value, that somebody refuses."""
    return next((each for each in names if row.get(each) is not None and _refuses(each, as_cell(row[each]))), None)


def _refuses(name: str, cell: str) -> bool:
    if name == "evidence":
        return not says_no_evidence(cell) and may_tell_of_refusal(cell, None)
    if name == "recipient":
        return is_beside_address(cell)
    if name in OWN_IDS:
        is_noted = refuses(cell) and not ENDS_IN_DIGIT.fullmatch(cell)
        return is_noted or REFUSING_SIGNS.search(cell) is not None
    return refuses(cell)


def _addresses_maybe_refused(row: object, of_brands: Collection[str], found: Entry | BadRow) -> set[str]:
    """The canonical addresses that a row may mean to refuse without doing so; also of telephones that are numbers,
    of several in one value, and beside a sign or a note. A name like one of ours ("Status", "re_cipient") may be meant
    as it, an unknown field beside a grant may refuse, but for those `of_brands`, and so may what our own say."""
    if not isinstance(row, dict):
        return _addresses_in([row])
    is_taken = isinstance(found, Entry)
    if is_taken and row.keys() <= ROW_FIELDS:
        return set()
    values: dict[str, list[object]] = {}
    for name, value in row.items():
        values.setdefault("".join(filter(str.isalnum, name)).lower(), []).append(value)
    is_known = all(name in ROW_FIELDS or name in of_brands or its is None for name, its in row.items())
    is_grant = is_known and values.get("status") == [Status.GRANTED] and not find_refusing_field(row, ROW_FIELDS)
    if len(values) == len(row) and (is_taken or is_grant):
        return set()
    beside = [part for name in row if name not in ROW_FIELDS and name not in of_brands for part in (name, row[name])]
    return _addresses_in([*values.get("recipient", ()), *beside]) or _addresses_in(row.values())


def _addresses_in(values: Iterable[object]) -> set[str]:
    return {address.text for each in values for address in addresses_meant(str(each)[:MAX_TEXT])}


def _read(place: int, row: dict[str, Any], at: datetime, parse: Parse) -> Entry | BadRow:
    unknown = next((name for name in row if name not in ROW_FIELDS), None)
    if unknown is not None:
        return BadRow(ApiRowProblem.UNKNOWN_FIELD, "H118", unknown[:MAX_ID])
    wrong = next((name for name, value in row.items() if not _has_type(name, value)), None)
    if wrong in NAMED_RETAILERS:
        return BadRow(RowProblem.RETAILER, "H267" if row[wrong] == "" else "H180", wrong)
    if wrong is not None:
        return BadRow(ApiRowProblem.FIELD_INVALID, "", wrong)
    try:
        address = parse(row["recipient"]) if "recipient" in row else None
    except BadAddress as error:
        return BadRow(error.problem, _address_code(row.get("type")), "recipient")
    wire, is_refusal = _wire(row), row.get("status") == Status.REFUSED
    if address is not None:
        wire["recipient"] = address.text
        served = address.all_channels if is_refusal else address.channels
        if (bad := find_unfit(row.get("type"), served)) is not None:
            return bad
    found = {each.code: each for each in iys_protocol.validate_consent(wire, now=at)}
    blocking = [code for code in found if code != NO_PROBLEM and not (is_refusal and code in NOT_BLOCKING)]
    if blocking:
        location = found[blocking[0]].location or [""]
        is_to_come = blocking[0] == "H162"  # Of a submission İYS's text tells to wait.
        return BadRow(RowProblem.DATE_TO_COME if is_to_come else None, blocking[0], str(location[0]))
    assert address is not None
    if is_refusal:
        return _refusal(place, row, address, at)
    return _grant(place, row, address)


def _refusal(place: int, row: dict[str, Any], address: addresses.Address, at: datetime) -> Entry:
    date = parse_wire_date(row["consentDate"]) if "consentDate" in row else at
    source = Source(row.get("source", Source.PROVIDER_DECISION))
    return Entry(
        place, address, Channel(row["type"]), _type_of(row), Status.REFUSED, source,
        refusal_date(date, at), retailers=_retailers_of(row),
    )  # fmt: skip


def _grant(place: int, row: dict[str, Any], address: addresses.Address) -> Entry | BadRow:
    """A grant needs its date also of a merchant, of whom İYS wants none: nothing is invented for it."""
    if (noted := find_refusing_field(row, ("recipient", *OWN_IDS))) is not None:
        return BadRow(RowProblem.REFUSED_BESIDE, "", noted)
    if (problem := find_problem(row.get("evidence", ""), Channel(row["type"]))) is not None:
        return BadRow(problem, "", "evidence")
    if row.get("confirm"):
        return BadRow(ApiRowProblem.CONFIRM, "", "confirm")
    if row.get("source") == Source.BEFORE_2015:
        return BadRow(ApiRowProblem.BEFORE_2015, "", "source")
    if "consentDate" not in row:
        return BadRow(None, "H112", "consentDate")
    source = Source(row["source"]) if "source" in row else None
    return Entry(
        place, address, Channel(row["type"]), _type_of(row), Status.GRANTED, source,
        grant_date(parse_wire_date(row["consentDate"])), is_vouched=row.get("grantedAgain", False),
        retailers=_retailers_of(row),
    )  # fmt: skip


def _type_of(row: dict[str, Any]) -> RecipientType:
    return RecipientType(row.get("recipientType", RecipientType.INDIVIDUAL))


def _retailers_of(row: dict[str, Any]) -> Retailers:
    return Retailers(row.get("retailerCode"), tuple(row.get("retailerAccess", ())))


def _has_type(name: str, value: object) -> bool:
    if name == "retailerCode":
        return iys_protocol.is_retailer_code(value)
    if name == "retailerAccess":
        return isinstance(value, list) and all(map(iys_protocol.is_retailer_code, value))
    if name in ("grantedAgain", "confirm"):
        return isinstance(value, bool)
    longest = MAX_ID if name in ("correlationId", "reference") else MAX_TEXT
    return isinstance(value, str) and len(value) <= longest and not HALF_SIGN.search(value)


def _address_code(channel: object) -> str:
    return {"EPOSTA": "H120", "MESAJ": "H121", "ARAMA": "H121"}.get(str(channel), "H122")
