"""Read the rows of a request: each becomes an entry as a file's line does, or a problem with İYS's code.

Whatever is wrong with its date, its source or its other fields, a refusal is taken, without them: it counts then as of
now, as HS_KARAR. What was left out is said.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from portal.api.v1.schemas import MAX_ID, MAX_TEXT, ConsentRow
from portal.core import addresses, iys_protocol
from portal.core.addresses import BadAddress, Problem
from portal.core.addresses.problems import ExplainedProblem
from portal.core.iys_protocol import Channel, RecipientType, Retailers, Source, Status, parse_wire_date
from portal.core.lazy_text import N_
from portal.domain.consents.bulk_import import Effect, Entry
from portal.domain.identity.permissions import Scope
from portal.services.imports.date_column import refusal_date
from portal.services.imports.layout.normalization import folded, says_nothing
from portal.services.imports.row_results import IYS_CODES, RowProblem
from portal.web.shared import problems

OUR_FIELDS = ("evidence", "grantedAgain", "correlationId", "reference", "confirm")  # Fields that İYS does not know.
ROW_FIELDS = ConsentRow.model_fields.keys()
# The names of problems with rows, by İYS's code; the first of several bears it.
PROBLEM_NAMES = {code: value for value, code in reversed(IYS_CODES.items()) if value in tuple(RowProblem) and code}
PROBLEM_NAMES |= {"H114": Problem.EMPTY.value, "H462": PROBLEM_NAMES["H112"], "H463": PROBLEM_NAMES["H113"]}
HALF_SIGN = re.compile("[\ud800-\udfff]")  # JSON can escape half of a surrogate pair, which no database takes.
REFUSAL_FIELDS = ("recipient", "type", "status")  # Without these nobody knows what is refused.
RETAILER_FIELDS = ("retailerCode", "retailerAccess")
NO_PROBLEM = "H467"  # See Effect.LATE_GRANT.
# What says that there is no evidence, or only that there is some.
NO_EVIDENCE = {"yok", "var", "evet", "hayir", "onay", "onayli", "izin", "no", "yes", "true", "false", "x", "test"}
MAY_LACK = ("H112", "H113")  # What a refusal needs no more than these: date and source.


class ApiRowProblem(ExplainedProblem):
    """Why a row is not taken, beside İYS's reasons."""

    # fmt: off
    NOT_OBJECT = "not_object", N_("Satır bir JSON nesnesi değil."), N_("Her satırı { } içinde gönderin.")
    UNKNOWN_FIELD = ("unknown_field", N_("Satırda bilinmeyen bir alan var."),
                     N_("“errors” listesindeki alanı kaldırın ya da adını düzeltin."))
    NO_SMS = ("no_sms", N_("Sabit hatta SMS gitmez."),
              N_("Cep numarasını yazın; bu numara için yalnız arama izni bildirilir."))
    FIELD_INVALID = ("field_invalid", N_("Satırdaki bir alan eksik, yanlış türde ya da çok uzun."),
                     N_("“errors” listesindeki alanı düzeltin."))
    SENT_AT = ("sent_at_invalid", N_("Gönderim anı okunamadı, gelecekte ya da üç yıldan eski."),
               N_("sentAt alanına 2026-11-24 14:02:00 (Türkiye saati) gibi ya da saat dilimiyle ISO 8601 yazın."))
    EVIDENCE_MISSING = ("evidence_missing",
                        N_("Onayın dayanağı yazmıyor; “yok”, “var”, “-” ya da “x” dayanak değildir."),
                        N_("Onayı hangi formun, siparişin ya da kaydın kanıtladığını “evidence” alanına yazın."))
    CONFIRM = (
        "confirm_not_offered",
        N_("Başka yerde verilmiş bir onayın aynı gün bildirimini İzinlink göndermez."),
        N_("Kişiye siz bildirin ve “confirm”: false gönderin; ya da onayı izin noktası bağlantısıyla alın."),
    )
    BEFORE_2015 = ("before_2015", N_("1 Mayıs 2015'ten önceki onaylar API ile alınmaz."),
                   N_("Bunları panelden dosya olarak aktarın; orada bir kişi onların eski olduğuna kefil olur."))
    OVER_REFUSAL = (
        "over_refusal",
        N_("Kişi bu tarihten önce kendisi reddetti."),
        N_("Sonra yeniden onay verdiyse ve kanıtı elinizdeyse “grantedAgain”: true gönderin; tarih yanlışsa düzeltin."),
    )
    SUSPENDED = ("suspended", N_("Firma ya da marka durdurulmuş; yalnız ret alınır."),
                 N_("Durum panelde yazıyor; kalkınca onayı yeniden gönderin."))
    GRANT_SCOPE = ("scope_missing", N_("Bu anahtar onay bildiremez, yalnız ret bildirir."),
                   N_("Firma sahibinden consents:grant yetkisi olan bir anahtar isteyin."))
    PACKAGE_FULL = ("package_full", N_("Paket dolu: yeni adres alınmıyor."),
                    N_("Paketi yükseltin; retler ve bilinen adresler bundan etkilenmez."))
    # fmt: on


ROW_STATUSES: dict[ExplainedProblem, int] = {
    ApiRowProblem.OVER_REFUSAL: 409, ApiRowProblem.SUSPENDED: 403, ApiRowProblem.GRANT_SCOPE: 403,
    ApiRowProblem.PACKAGE_FULL: 403,
}  # fmt: skip


@dataclass(frozen=True)
class BadRow:
    """A row that is not taken: why, İYS's code for it, and the field that is wrong."""

    problem: ExplainedProblem | None  # None: İYS's code says it.
    iys_code: str = ""
    wrong_field: str = ""

    def body(self) -> dict[str, Any]:
        """As problem+json."""
        if self.problem is not None:
            status = ROW_STATUSES.get(self.problem, 422)
            told = self.problem.value, self.problem.sentence, self.problem.cure
            body = problems.problem_body(*told, status=status, iys_code=self.iys_code or None)
        else:
            code = self.iys_code
            told = PROBLEM_NAMES.get(code, code.lower()), iys_protocol.sentence_of(code), iys_protocol.cure_of(code)
            body = problems.problem_body(*told, status=422, iys_code=code)
        wrong = [problems.field_error(self.wrong_field, body["code"], body["titleTr"])]
        scope = Scope.GRANT if self.problem == ApiRowProblem.GRANT_SCOPE else None
        return body | {"errors": wrong if self.wrong_field else None, "scope": scope}


EFFECT_PROBLEMS = {  # Effects that write nothing because something is wrong.
    Effect.OVER_REFUSAL: BadRow(ApiRowProblem.OVER_REFUSAL),
    Effect.UNDATED: BadRow(None, "H462", "consentDate"),
    Effect.UNSOURCED: BadRow(None, "H463", "source"),
}


@dataclass(frozen=True)
class ReadRow:
    """A row of a request: an entry, or what is wrong."""

    correlation_id: str | None
    reference: str | None = field(repr=False)  # What the provider calls the recipient.
    ignored: list[str] = field(repr=False)  # The names of a refusal's fields that could not be used.
    found: Entry | BadRow = field(repr=False)


def read_rows(rows: Sequence[object], at: datetime) -> list[ReadRow]:
    """Read rows; an entry's line is the row's place, from 0. No grant is taken of an address that another row may
    refuse which cannot be written."""
    moment = at.replace(microsecond=0)
    read = [_read_row(place, row, moment) for place, row in enumerate(rows)]
    held = {
        text for row, each in zip(rows, read, strict=True) if isinstance(row, dict)
        for text in _addresses_maybe_refused(row, is_taken=isinstance(each.found, Entry))
    }  # fmt: skip
    return refuse_grants(read, RowProblem.REFUSED_ELSEWHERE, held)


def _read_row(place: int, row: object, at: datetime) -> ReadRow:
    found: Entry | BadRow = BadRow(ApiRowProblem.NOT_OBJECT)
    ignored: list[str] = []
    if isinstance(row, dict):
        given = {name: value for name, value in row.items() if value is not None}
        usable = _usable(given, at) if given.get("status") == Status.REFUSED else given
        found, ignored = _read(place, usable, at), [name[:MAX_ID] for name in given if name not in usable]
    return ReadRow(find_correlation_id(row), _find_id(row, "reference"), ignored, found)


def _usable(row: dict[str, Any], at: datetime) -> dict[str, Any]:
    """A refusal without the fields that are unknown or wrong and that it does not need."""
    known = {name: value for name, value in row.items() if name in ROW_FIELDS and _has_type(name, value)}
    rules = iys_protocol.validate_consent(_wire(known), now=at)
    wrong = {each.location[0] for each in rules if each.location and each.code != NO_PROBLEM}
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


def _addresses_maybe_refused(row: dict[str, Any], *, is_taken: bool) -> set[str]:
    """The canonical addresses that a row may mean to refuse without doing so; also of telephones that are numbers.
    A name like one of ours ("Status", "re_cipient") may be meant as it."""
    if is_taken and row.keys() <= ROW_FIELDS:
        return set()
    values: dict[str, list[object]] = {}
    for name, value in row.items():
        values.setdefault("".join(filter(str.isalnum, name)).lower(), []).append(value)
    if len(values) == len(row) and (is_taken or values.get("status") == [Status.GRANTED]):
        return set()
    return {_address_text(each) for each in values.get("recipient", ())}


def _address_text(value: object) -> str:
    try:
        return addresses.parse(str(value)[:MAX_TEXT]).text
    except BadAddress:
        return ""


def _read(place: int, row: dict[str, Any], at: datetime) -> Entry | BadRow:
    unknown = next((name for name in row if name not in ROW_FIELDS), None)
    if unknown is not None:
        return BadRow(ApiRowProblem.UNKNOWN_FIELD, "H118", unknown[:MAX_ID])
    wrong = next((name for name, value in row.items() if not _has_type(name, value)), None)
    if wrong in RETAILER_FIELDS:
        return BadRow(RowProblem.RETAILER, "H267" if row[wrong] == "" else "H180", wrong)
    if wrong is not None:
        return BadRow(ApiRowProblem.FIELD_INVALID, "", wrong)
    try:
        address = addresses.parse(row["recipient"]) if "recipient" in row else None
    except BadAddress as error:
        return BadRow(error.problem, _address_code(row.get("type")), "recipient")
    wire = _wire(row)
    if address is not None:
        wire["recipient"] = address.text
        if (bad := find_unfit(address, row.get("type"))) is not None:
            return bad
    found = {each.code: each for each in iys_protocol.validate_consent(wire, now=at)}
    is_refusal = row.get("status") == Status.REFUSED
    blocking = [code for code in found if code != NO_PROBLEM and not (is_refusal and code in MAY_LACK)]
    if blocking:
        location = found[blocking[0]].location or [""]
        is_to_come = blocking[0] == "H162"  # Of a submission İYS's text tells to wait.
        return BadRow(RowProblem.DATE_TO_COME if is_to_come else None, blocking[0], str(location[0]))
    assert address is not None
    if is_refusal:
        return _refusal(place, row, address, at)
    return _grant(place, row, address)


def find_unfit(address: addresses.Address, channel: object) -> BadRow | None:
    """What is wrong with an address on a channel that is one."""
    if channel not in tuple(Channel) or channel in address.channels:
        return None
    is_landline = channel == Channel.SMS and Channel.CALL in address.channels
    return BadRow(ApiRowProblem.NO_SMS if is_landline else RowProblem.CHANNEL_UNFIT, "H464", "type")


def _refusal(place: int, row: dict[str, Any], address: addresses.Address, at: datetime) -> Entry:
    date = parse_wire_date(row["consentDate"]) if "consentDate" in row else at
    source = Source(row.get("source", Source.PROVIDER_DECISION))
    return Entry(
        place, address, Channel(row["type"]), _type_of(row), Status.REFUSED, source,
        refusal_date(date, at), retailers=_retailers_of(row),
    )  # fmt: skip


def _grant(place: int, row: dict[str, Any], address: addresses.Address) -> Entry | BadRow:
    """A grant needs its date also of a merchant, of whom İYS wants none: nothing is invented for it."""
    evidence = row.get("evidence", "")
    if says_nothing(evidence) or folded(evidence) in NO_EVIDENCE:
        return BadRow(ApiRowProblem.EVIDENCE_MISSING, "", "evidence")
    if row.get("confirm"):
        return BadRow(ApiRowProblem.CONFIRM, "", "confirm")
    if row.get("source") == Source.BEFORE_2015:
        return BadRow(ApiRowProblem.BEFORE_2015, "", "source")
    if "consentDate" not in row:
        return BadRow(None, "H112", "consentDate")
    source = Source(row["source"]) if "source" in row else None
    return Entry(
        place, address, Channel(row["type"]), _type_of(row), Status.GRANTED, source,
        parse_wire_date(row["consentDate"]), is_vouched=row.get("grantedAgain", False), retailers=_retailers_of(row),
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
