"""People who act at İYS itself: they grant, they refuse, or their operator reports that a line was closed."""

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime

from iys_sandbox import movements
from iys_sandbox.context import Box
from iys_sandbox.database_file import File
from iys_sandbox.request_fields import yes_or_no
from portal.core import iys_protocol
from portal.core.iys_protocol import Channel, RecipientType, Status, address_problems

LINE_CLOSED = "IYS_AHS_HAT_KAPATMA"
NAMELESS = "Deneme Vatandaş"
FIELDS = ("recipient", "type", "recipientType", "brandCode", "status", "close_line", "source", "at", "citizenName")
CLOSED_WITH_A_LINE = (Channel.SMS, Channel.CALL)


class NotAnAct(ValueError):
    """What a citizen cannot do; the text says why."""


def act(of: Box, fields: Mapping[str, object]) -> list[sqlite3.Row]:
    """What one citizen's act adds to the ledger: nothing where all is as they want it already.

    A movement bears the time `at`, or else now; one that is older than the key's latest only joins its history.
    """
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise NotAnAct(f"unknown keys {sorted(unknown)}; keys are {', '.join(FIELDS)}")
    at = _moment(of, fields.get("at"))
    with of.store.transaction() as db:
        last = db.execute("SELECT coalesce(max(seq), 0) FROM movement").fetchone()[0]
        if _closes_line(fields):
            _close_line(db, fields, at)
        else:
            _decide(db, fields, at)
        return db.execute("SELECT * FROM movement WHERE seq > ? ORDER BY seq", (last,)).fetchall()


def _decide(db: File, fields: Mapping[str, object], at: datetime) -> None:
    channel = _one_of(fields, "type", Channel)
    status = _one_of(fields, "status", Status)
    recipient_type = _one_of(fields, "recipientType", RecipientType, default=RecipientType.INDIVIDUAL)
    brand = _brand(db, fields)
    key = movements.Key(brand["brand_code"], _address(fields, channel), recipient_type, channel)
    before = movements.head(db, key)
    if before and before["status"] == status:
        return
    source = str(fields.get("source") or ("IYS_WEB" if before else "IYS_WEB_YENI"))
    name = str(fields.get("citizenName") or NAMELESS) if source == "IYS_WEB_YENI" else None
    date = iys_protocol.wire_date(at)
    body = {"status": status, "source": source, "consentDate": date}
    movements.append(db, brand["iys_code"], key, before, body, date, citizen_name=name)


def _close_line(db: File, fields: Mapping[str, object], at: datetime) -> None:
    """İYS keeps the date of the consent that the closed line had; a merchant's without a date stays without."""
    address, date = _address(fields, Channel.CALL), iys_protocol.wire_date(at)
    only = [_one_of(fields, "type", Channel)] if fields.get("type") else CLOSED_WITH_A_LINE
    for record, iys_code in _granted_to(db, address, fields):
        if record["type"] not in only:
            continue
        body = {"status": "RET", "source": str(fields.get("source") or LINE_CLOSED)}
        if record["consent_date"]:
            body["consentDate"] = record["consent_date"]
        key = movements.Key(record["brand_code"], address, record["recipient_type"], record["type"])
        movements.append(db, iys_code, key, record, body, date)


def _closes_line(fields: Mapping[str, object]) -> bool:
    try:
        return yes_or_no(fields.get("close_line") or False)
    except ValueError:
        raise NotAnAct("close_line is true or false") from None


def _granted_to(db: File, address: str, fields: Mapping[str, object]) -> Iterator[tuple[sqlite3.Row, int]]:
    # A line is closed for everybody, unless the tester names one brand.
    brands = [_brand(db, fields)["brand_code"]] if fields.get("brandCode") else None
    select = "SELECT record.*, iys_code FROM record JOIN brand USING (brand_code) WHERE recipient = ? AND status = ?"
    for record in db.execute(select, (address, "ONAY")).fetchall():
        if brands is None or record["brand_code"] in brands:
            yield record, record["iys_code"]


def _brand(db: File, fields: Mapping[str, object]) -> sqlite3.Row:
    code = fields.get("brandCode")
    if code in (None, ""):
        brands = db.execute("SELECT * FROM brand").fetchall()
        if len(brands) != 1:
            codes = ", ".join(str(brand["brand_code"]) for brand in brands)
            raise NotAnAct(f"brandCode is needed: one of {codes or 'none yet'}")
        return brands[0]
    brand = db.execute("SELECT * FROM brand WHERE brand_code = ?", (str(code),)).fetchone()
    if brand is None:
        raise NotAnAct(f"no account here has the brand {code}")
    return brand


def _address(fields: Mapping[str, object], channel: Channel) -> str:
    recipient = fields.get("recipient")
    if not isinstance(recipient, str) or list(address_problems(recipient, channel, ["recipient"])):
        raise NotAnAct("recipient is an address that fits the type: +905321234567 or ayse@example.com")
    return recipient.lower()


def _one_of(fields: Mapping[str, object], name: str, words: type, *, default: str | None = None) -> str:
    value = fields.get(name) or default
    if value not in tuple(words):
        raise NotAnAct(f"{name} is one of {', '.join(words)}")
    return str(value)


def _moment(of: Box, text: object) -> datetime:
    if not text:
        return of.clock()
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        raise NotAnAct("at is an ISO time with its zone: 2026-11-24T12:00:00+03:00") from None
    if at.tzinfo is None:
        raise NotAnAct("at needs its time zone: 2026-11-24T12:00:00+03:00")
    if at > of.clock():
        raise NotAnAct("at lies in the future")
    return at
