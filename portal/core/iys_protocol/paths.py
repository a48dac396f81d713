"""İYS's API operations and their paths. Codes are İYS's numbers (iysCode, brandCode)."""

from datetime import date, timedelta
from enum import StrEnum
from urllib.parse import urlencode

from portal.core.iys_protocol.enums import Channel, RecipientType

TOKEN_PATH = "/oauth2/token"
MAX_LIST_SIZE = 1000  # Bulk add (H091), multi-status, and rows of a pull (H507).
CHANGES_WINDOW = timedelta(days=6)  # Pulls tell seven days back; what İYS says to an older cursor is not documented.
KEPT_BACK = timedelta(hours=1, minutes=5)  # Pulls tell nothing that is younger than an hour; clocks differ a little.


class Operation(StrEnum):
    """One name per endpoint, for attempts, rate limits, injected faults and logs."""

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
    RETAILER = "retailer"
    RETAILER_ADD = "retailer_add"
    RETAILER_REMOVE = "retailer_remove"
    ACCESS_LIST = "access_list"
    ACCESS_ADD = "access_add"
    ACCESS_REMOVE = "access_remove"
    ACCESS_REPLACE = "access_replace"
    ACCESS_CLEAR = "access_clear"
    TOWNS = "towns"
    SUMMARY = "summary"
    FILE = "file"
    AGREEMENT = "agreement"
    AGREE = "agree"
    TIMESTAMP = "timestamp"


TOWNS_PATH = "/info/town"  # GET all towns (ilçe) with their cities' codes, whoever asks.


def add_path(iys_code: int, brand_code: int) -> str:
    """POST adds a consent. V2 is idempotent: a repeated request gets the first answer."""
    return f"/v2{_brand_path(iys_code, brand_code)}/consents"


def bulk_add_path(iys_code: int, brand_code: int) -> str:
    """POST adds up to 1000 consents. V2: the result covers what an earlier request did."""
    return f"/v2{_brand_path(iys_code, brand_code)}/consents/request"


def bulk_result_path(iys_code: int, brand_code: int, request_id: str) -> str:
    """GET the result of a bulk add, at the earliest 300 s after it was sent; kept 60 days."""
    return f"{bulk_add_path(iys_code, brand_code)}/{request_id}"


def single_status_path(iys_code: int, brand_code: int) -> str:
    """POST queries one consent (1000 calls an hour per IP address: H086)."""
    return f"{_brand_path(iys_code, brand_code)}/consents/status"


def multi_status_path(iys_code: int, brand_code: int, recipient_type: RecipientType, channel: Channel) -> str:
    """POST queries up to 1000 addresses; İYS lists those with ONAY."""
    return f"{_brand_path(iys_code, brand_code)}/consents/{RecipientType(recipient_type)}/status/{Channel(channel)}"


def history_path(iys_code: int, brand_code: int, *, offset: int = 0, limit: int = 100) -> str:
    """POST queries one recipient's movements, newest first (100 calls an hour per IP address: H089)."""
    return f"{_brand_path(iys_code, brand_code)}/consents/history?{urlencode({'offset': offset, 'limit': limit})}"


def changes_path(
    iys_code: int, brand_code: int, *, source: str, after: str | None = None, limit: int = MAX_LIST_SIZE
) -> str:
    """GET movements of the last 7 days except the last hour, oldest first; `source` IYS or HS, `after` İYS's cursor."""
    query = {"source": source, "limit": limit} | ({"after": after} if after else {})
    return f"{_brand_path(iys_code, brand_code)}/consents/changes?{urlencode(query)}"


def push_registration_path(iys_code: int, brand_code: int) -> str:
    """POST registers a URL for pushed movements, GET lists them."""
    return f"{_brand_path(iys_code, brand_code)}/push/registration"


def push_removal_path(iys_code: int, brand_code: int) -> str:
    """POST removes a push registration."""
    return f"{_brand_path(iys_code, brand_code)}/push/unregistration"


def brands_path(iys_code: int) -> str:
    """GET the brands of a provider."""
    return f"/sps/{iys_code}/brands"


def retailers_path(iys_code: int, brand_code: int) -> str:
    """POST adds a retailer (bayi) of a brand."""
    return f"{_brand_path(iys_code, brand_code)}/retailers"


def retailer_list_path(iys_code: int, brand_code: int, *, offset: int = 0, limit: int = 100) -> str:
    """GET the retailers of a brand, up to 100 a page."""
    return f"{retailers_path(iys_code, brand_code)}?{urlencode({'offset': offset, 'limit': limit})}"


def retailer_path(iys_code: int, brand_code: int, retailer_code: int) -> str:
    """GET one, whose answer is empty for an unknown code; DELETE removes one that no consent refers to."""
    return f"{retailers_path(iys_code, brand_code)}/{retailer_code}"


def retailer_access_path(iys_code: int, brand_code: int, *, removes: bool = False, of_all: bool = False) -> str:
    """POST gives retailers access to a consent, or takes it from them or from all; PUT replaces them."""
    what = ("/remove" if removes else "") + ("/all" if of_all else "")
    return f"{_brand_path(iys_code, brand_code)}/consents/retailers/access{what}"


def retailer_access_list_path(iys_code: int, brand_code: int, *, offset: int = 0, limit: int = 100) -> str:
    """POST lists the retailers with access to a consent; in the singular, as İYS's document has it."""
    query = urlencode({"offset": offset, "limit": limit})
    return f"{_brand_path(iys_code, brand_code)}/consent/retailers/access/list?{query}"


def subscription_path(iys_code: int) -> str:
    """GET a provider's package, its state and its quota."""
    return f"/sps/{iys_code}/subscription"


def partner_brands_path(integrator_code: int, iys_code: int | None = None, *, offset: int = 0, limit: int = 100) -> str:
    """GET the brands a partner may act for, of all providers or of one."""
    if iys_code is not None:
        return f"/integrator/{integrator_code}/sps/{iys_code}"
    return f"/integrator/{integrator_code}/sps?{urlencode({'offset': offset, 'limit': limit})}"


def partner_subscription_path(integrator_code: int) -> str:
    """GET a partner's package."""
    return f"/integrator/{integrator_code}/subscription"


def summary_path(iys_code: int, brand_code: int, day: date, recipient_type: RecipientType) -> str:
    """GET the counts of a day, from yesterday back to seven days (H501, H502)."""
    return f"{_brand_path(iys_code, brand_code)}/changes/{day.isoformat()}/recipients/{RecipientType(recipient_type)}"


def file_path(iys_code: int, brand_code: int, day: date) -> str:
    """GET the CSV of all movements of a day; 204 if there were none."""
    return f"{_brand_path(iys_code, brand_code)}/changes/{day.isoformat()}/file"


def agreement_path(iys_code: int, brand_code: int, day: date) -> str:
    """GET the SHA-384 of the day's file; PUT confirms it irrevocably."""
    return f"{_brand_path(iys_code, brand_code)}/agreements/{day.isoformat()}"


def timestamp_path(iys_code: int, brand_code: int, day: date) -> str:
    """GET the time-stamp token (.tsr) of the day's file."""
    return f"{agreement_path(iys_code, brand_code, day)}/timestamp"


def codes_in_path(path: str) -> tuple[int, int]:
    """The iysCode and brandCode in a path …/sps/<iysCode>/brands/<brandCode>/…"""
    parts = path.split("/")
    return int(parts[parts.index("sps") + 1]), int(parts[parts.index("brands") + 1])


def _brand_path(iys_code: int, brand_code: int) -> str:
    return f"/sps/{iys_code}/brands/{brand_code}"
