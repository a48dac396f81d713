"""Where each question to İYS goes: its name here, and its path. Codes are İYS's numbers (iysCode, brandCode)."""

from datetime import date
from enum import StrEnum
from urllib.parse import urlencode

from portal.core.iys_protocol.enums import Channel, RecipientType

TOKEN_PATH = "/oauth2/token"
MAX_LIST_SIZE = 1000  # Bulk add (H091), multi-status, and rows of a pull (H507).


class Operation(StrEnum):
    """What is asked of İYS, one word per endpoint, for attempts, budgets, faults and ledgers."""

    TOKEN = "token"
    ADD = "add"
    BULK_ADD = "bulk_add"
    BULK_RESULT = "bulk_result"
    STATUS = "status"
    MULTI_STATUS = "multi_status"
    HISTORY = "history"
    CHANGES = "changes"
    PUSH_REGISTER = "push_register"
    PUSH_LIST = "push_list"
    PUSH_REMOVE = "push_remove"
    BRANDS = "brands"
    PARTNER_BRANDS = "partner_brands"
    SUBSCRIPTION = "subscription"
    PARTNER_SUBSCRIPTION = "partner_sub"
    RETAILERS = "retailers"
    SUMMARY = "summary"
    FILE = "file"
    AGREEMENT = "agreement"
    AGREE = "agree"
    TIMESTAMP = "timestamp"


def add_path(iys_code: int, brand_code: int) -> str:
    """POST. Where a consent is added: V2, which answers a repeated request as it answered the first."""
    return f"/v2{_brand_path(iys_code, brand_code)}/consents"


def bulk_add_path(iys_code: int, brand_code: int) -> str:
    """POST. Where up to 1000 consents are added at once: V2, whose result tells what an earlier request did."""
    return f"/v2{_brand_path(iys_code, brand_code)}/consents/request"


def bulk_result_path(iys_code: int, brand_code: int, request_id: str) -> str:
    """GET. The result of a list, not before 300 s after it was sent; kept 60 days."""
    return f"{bulk_add_path(iys_code, brand_code)}/{request_id}"


def single_status_path(iys_code: int, brand_code: int) -> str:
    """POST. Where one consent is asked for (1000 calls an hour per address: H086)."""
    return f"{_brand_path(iys_code, brand_code)}/consents/status"


def multi_status_path(iys_code: int, brand_code: int, recipient_type: RecipientType, channel: Channel) -> str:
    """POST. Where up to 1000 addresses are asked for at once; İYS lists those with ONAY."""
    words = f"{RecipientType(recipient_type)}/status/{Channel(channel)}"
    return f"{_brand_path(iys_code, brand_code)}/consents/{words}"


def history_path(iys_code: int, brand_code: int, *, offset: int = 0, limit: int = 100) -> str:
    """POST. One recipient's movements, newest first (100 calls an hour per address: H089)."""
    return f"{_brand_path(iys_code, brand_code)}/consents/history?{urlencode({'offset': offset, 'limit': limit})}"


def changes_path(
    iys_code: int, brand_code: int, *, source: str, after: str | None = None, limit: int = MAX_LIST_SIZE
) -> str:
    """GET. Movements of the last 7 days but the last hour, oldest first; `source` IYS or HS, `after` İYS's cursor."""
    query = {"source": source, "limit": limit} | ({"after": after} if after else {})
    return f"{_brand_path(iys_code, brand_code)}/consents/changes?{urlencode(query)}"


def push_registration_path(iys_code: int, brand_code: int) -> str:
    """POST registers an address that movements are told to, GET lists them."""
    return f"{_brand_path(iys_code, brand_code)}/push/registration"


def push_removal_path(iys_code: int, brand_code: int) -> str:
    """POST."""
    return f"{_brand_path(iys_code, brand_code)}/push/unregistration"


def brands_path(iys_code: int) -> str:
    """GET. The brands of a provider."""
    return f"/sps/{iys_code}/brands"


def retailers_path(iys_code: int, brand_code: int) -> str:
    """GET and POST. Not used by us; the sandbox refuses politely."""
    return f"{_brand_path(iys_code, brand_code)}/retailers"


def subscription_path(iys_code: int) -> str:
    """GET. A provider's package, its state and its quota."""
    return f"/sps/{iys_code}/subscription"


def partner_brands_path(integrator_code: int, iys_code: int | None = None, *, offset: int = 0, limit: int = 100) -> str:
    """GET. The brands a partner may act for, of everybody or of one provider."""
    if iys_code is not None:
        return f"/integrator/{integrator_code}/sps/{iys_code}"
    return f"/integrator/{integrator_code}/sps?{urlencode({'offset': offset, 'limit': limit})}"


def partner_subscription_path(integrator_code: int) -> str:
    """GET."""
    return f"/integrator/{integrator_code}/subscription"


def summary_path(iys_code: int, brand_code: int, day: date, recipient_type: RecipientType) -> str:
    """GET. Counts of a day, from yesterday back to seven days (H501, H502)."""
    return f"{_brand_path(iys_code, brand_code)}/changes/{day.isoformat()}/recipients/{RecipientType(recipient_type)}"


def file_path(iys_code: int, brand_code: int, day: date) -> str:
    """GET. The CSV of all movements of a day; 204 where there were none."""
    return f"{_brand_path(iys_code, brand_code)}/changes/{day.isoformat()}/file"


def agreement_path(iys_code: int, brand_code: int, day: date) -> str:
    """GET tells the hash of the day's file (SHA-384), PUT confirms it for good."""
    return f"{_brand_path(iys_code, brand_code)}/agreements/{day.isoformat()}"


def timestamp_path(iys_code: int, brand_code: int, day: date) -> str:
    """GET. The time-stamp token (.tsr) of the day's file."""
    return f"{agreement_path(iys_code, brand_code, day)}/timestamp"


def codes_in_path(path: str) -> tuple[int, int]:
    """The iysCode and brandCode in a path …/sps/<iysCode>/brands/<brandCode>/…"""
    parts = path.split("/")
    return int(parts[parts.index("sps") + 1]), int(parts[parts.index("brands") + 1])


def _brand_path(iys_code: int, brand_code: int) -> str:
    return f"/sps/{iys_code}/brands/{brand_code}"
