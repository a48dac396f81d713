"""İYS's rules against the stored state; written independently of the portal's own, so that a test can compare them."""

from typing import Protocol

from iys_sandbox.wire_types import JsonObject


class Record(Protocol):
    """The latest movement of a key, as the file keeps it."""

    def __getitem__(self, column: str) -> str | None: ...


def state_codes(record: Record | None, body: JsonObject) -> list[str]:
    """Codes of the first rule that a valid body breaks against the record of its key; empty if it can be stored."""
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
