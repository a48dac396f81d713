"""Actions of citizens at İYS itself: grant, refuse, or the closure of a phone line as their operator reports it."""

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum

from iys_sandbox import movements
from iys_sandbox.context import Sandbox
from iys_sandbox.request_fields import parse_bool
from iys_sandbox.store import SandboxConnection
from portal.core import iys_protocol
from portal.core.iys_protocol import Channel, RecipientType, Status, validate_address

LINE_CLOSED = "IYS_AHS_HAT_KAPATMA"
DEFAULT_NAME = "Deneme Vatandaş"
FIELDS = ("recipient", "type", "recipientType", "brandCode", "status", "close_line", "source", "at", "citizenName")
CHANNELS_OF_A_LINE = (Channel.SMS, Channel.CALL)


class InvalidAction(ValueError):
    """An action that is not possible; the text says why."""


def apply_action(sandbox: Sandbox, fields: Mapping[str, object]) -> list[sqlite3.Row]:
    """Apply one action; returns the new movements, none where the state is as wanted already.

    A movement has the time `at`, or else now; one that is older than the key's latest only joins its history.
    """
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise InvalidAction(f"unknown keys {sorted(unknown)}; keys are {', '.join(FIELDS)}")
    at = _parse_time(sandbox, fields.get("at"))
    with sandbox.store.transaction() as db:
        last = db.execute("SELECT coalesce(max(seq), 0) FROM movement").fetchone()[0]
        if _is_line_closure(fields):
            _close_line(db, fields, at)
        else:
            _store_decision(db, fields, at)
        return db.execute("SELECT * FROM movement WHERE seq > ? ORDER BY seq", (last,)).fetchall()


def _store_decision(db: SandboxConnection, fields: Mapping[str, object], at: datetime) -> None:
    channel = _parse_choice(fields, "type", Channel)
    status = _parse_choice(fields, "status", Status)
    recipient_type = _parse_choice(fields, "recipientType", RecipientType, default=RecipientType.INDIVIDUAL)
    brand = _parse_brand(db, fields)
    key = movements.Key(brand["brand_code"], _parse_address(fields, channel), recipient_type, channel)
    before = movements.latest_record(db, key)
    if before and before["status"] == status:
        return
    source = str(fields.get("source") or ("IYS_WEB" if before else "IYS_WEB_YENI"))
    name = str(fields.get("citizenName") or DEFAULT_NAME) if source == "IYS_WEB_YENI" else None
    date = iys_protocol.format_wire_date(at)
    body = {"status": status, "source": source, "consentDate": date}
    movements.append(db, brand["iys_code"], key, before, body, date, citizen_name=name)


def _close_line(db: SandboxConnection, fields: Mapping[str, object], at: datetime) -> None:
    """İYS keeps the date of the consent that the closed line had; a merchant's without a date stays without."""
    address, date = _parse_address(fields, Channel.CALL), iys_protocol.format_wire_date(at)
    only = [_parse_choice(fields, "type", Channel)] if fields.get("type") else CHANNELS_OF_A_LINE
    for record, iys_code in _granted_records(db, address, fields):
        if record["type"] not in only:
            continue
        body = {"status": "RET", "source": str(fields.get("source") or LINE_CLOSED)}
        if record["consent_date"]:
            body["consentDate"] = record["consent_date"]
        key = movements.Key(record["brand_code"], address, record["recipient_type"], record["type"])
        movements.append(db, iys_code, key, record, body, date)


def _is_line_closure(fields: Mapping[str, object]) -> bool:
    try:
        return parse_bool(fields.get("close_line") or False)
    except ValueError:
        raise InvalidAction("close_line is true or false") from None


def _granted_records(
    db: SandboxConnection, address: str, fields: Mapping[str, object]
) -> Iterator[tuple[sqlite3.Row, int]]:
    # A line is closed for everybody, unless the tester names one brand.
    brands = [_parse_brand(db, fields)["brand_code"]] if fields.get("brandCode") else None
    select = "SELECT record.*, iys_code FROM record JOIN brand USING (brand_code) WHERE recipient = ? AND status = ?"
    for record in db.execute(select, (address, "ONAY")).fetchall():
        if brands is None or record["brand_code"] in brands:
            yield record, record["iys_code"]


def _parse_brand(db: SandboxConnection, fields: Mapping[str, object]) -> sqlite3.Row:
    brand: sqlite3.Row
    code = fields.get("brandCode")
    if code in (None, ""):
        brands = db.execute("SELECT * FROM brand").fetchall()
        if len(brands) != 1:
            codes = ", ".join(str(brand["brand_code"]) for brand in brands)
            raise InvalidAction(f"brandCode is needed: one of {codes or 'none yet'}")
        (brand,) = brands
        return brand
    brand = db.execute("SELECT * FROM brand WHERE brand_code = ?", (str(code),)).fetchone()
    if brand is None:
        raise InvalidAction(f"no account here has the brand {code}")
    return brand


def _parse_address(fields: Mapping[str, object], channel: str) -> str:
    recipient = fields.get("recipient")
    if not isinstance(recipient, str) or list(validate_address(recipient, channel, ["recipient"])):
        raise InvalidAction("recipient is an address that fits the type: +905321234567 or ayse@example.com")
    return recipient.lower()


def _parse_choice(fields: Mapping[str, object], name: str, words: type[StrEnum], *, default: str | None = None) -> str:
    value = fields.get(name) or default
    if value not in tuple(words):
        raise InvalidAction(f"{name} is one of {', '.join(words)}")
    return str(value)


def _parse_time(sandbox: Sandbox, text: object) -> datetime:
    if not text:
        return sandbox.clock()
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        raise InvalidAction("at is an ISO time with its zone: 2026-11-24T12:00:00+03:00") from None
    if at.tzinfo is None:
        raise InvalidAction("at needs its time zone: 2026-11-24T12:00:00+03:00")
    if at > sandbox.clock():
        raise InvalidAction("at lies in the future")
    return at
