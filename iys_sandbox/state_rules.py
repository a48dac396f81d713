"""What İYS refuses because of what it already holds; written apart from our own rules, so that they can disagree."""

from typing import Protocol


class Record(Protocol):
    """The latest movement of a key, as the file keeps it."""

    def __getitem__(self, column: str) -> str | None: ...


def state_codes(head: Record | None, body: dict) -> list[str]:
    """The codes of the first rule that this sound body breaks against the record of its key; empty if it is stored."""
    if head is None:
        return _codes_of_first(body)
    if body["status"] == "RET" and head["status"] == "RET":
        return ["H174"]
    return _missing_for_merchant(body) or _too_old(head, body)


def _codes_of_first(body: dict) -> list[str]:
    if body["status"] == "ONAY":
        return []
    return ["H486"] if body.get("source") == "HS_KARAR" else ["H175"]


def _missing_for_merchant(body: dict) -> list[str]:
    needed = {"consentDate": "H462", "source": "H463"}  # The field rules ask them of BIREYSEL from the start.
    return [code for field, code in needed.items() if field not in body]


def _too_old(head: Record, body: dict) -> list[str]:
    stored = head["consent_date"]  # Absent on a merchant's first record without a date.
    return ["H178"] if stored and body["consentDate"] <= stored else []
