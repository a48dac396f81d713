"""İYS's rules against the stored state; written independently of the portal's own, so that a test can compare them."""

import re
from datetime import datetime, timedelta
from typing import Protocol

from iys_sandbox.errors import JsonObject
from portal.core.iys_protocol import CODES, format_wire_date

# Addresses that a code of İYS stands in are answered with it, so that a program's author sees each outcome on demand.
ASKS_FOR_CODE = re.compile(r"\+905000000(\d{3})|h(\d{3})@sandbox\.example")
HELD_INSTEAD = {"H174": "ONAY", "H178": "RET"}  # What these codes say that İYS holds: the same, something newer.


class Record(Protocol):
    """The latest movement of a key, as the file keeps it."""

    def __getitem__(self, column: str) -> str | None: ...


def state_codes(record: Record | None, body: JsonObject) -> list[str]:
    """Codes of the first rule that a valid body breaks against the record of its key; empty if it can be stored."""
    if code := _requested_code(str(body.get("recipient"))):
        return [code]
    if record is None:
        if body["status"] == "ONAY":
            return []
        return ["H486"] if body.get("source") == "HS_KARAR" else ["H175"]
    if body["status"] == "RET" and record["status"] == "RET":
        return ["H174"]
    needed = {"consentDate": "H462", "source": "H463"}  # The field rules ask them of BIREYSEL from the start.
    if missing := [code for field, code in needed.items() if field not in body]:
        return missing
    stored = record["consent_date"]  # Absent on a merchant's first record without a date.
    return ["H178"] if stored and body["consentDate"] <= stored else []


def state_asked_for(recipient: str, at: datetime) -> JsonObject:
    """The state of an address without a record that a code stands in: what the code speaks of, or nothing."""
    status = HELD_INSTEAD.get(_requested_code(recipient) or "")
    return {"status": status, "consentDate": format_wire_date(at + timedelta(seconds=1))} if status else {}


def _requested_code(recipient: str) -> str | None:
    found = ASKS_FOR_CODE.fullmatch(recipient[:40].lower())
    code = f"H{found[1] or found[2]}" if found else ""
    return code if code in CODES and CODES[code].http in (400, 422) else None
