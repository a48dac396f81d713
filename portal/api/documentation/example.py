"""What an example is, and the values that all of them share."""

from dataclasses import dataclass
from typing import Any

PHONE, EMAIL, UNKNOWN = "+905321234567", "fatma@example.com", "+905321234568"
BRAND, DATE = 700001, "2026-11-24 14:02:00"
MOMENT = "2026-11-24T14:02:05+03:00"
OF_BRAND = f"/brands/{BRAND}"


@dataclass(frozen=True)
class Example:
    """A call of an operation and its answer. Numbers, moments and names in the answer are those of a day."""

    operation: str
    path: str  # Below /api/v1.
    body: dict[str, Any] | None
    status: int
    answer: dict[str, Any] | None
    file: str | None = None  # The body instead, of an operation that takes a file.


def problem_example(code: str, status: int, title: str, title_tr: str, **members: Any) -> dict[str, Any]:
    """A problem as an answer."""
    docs = f"https://izinlink.example/api/docs#{code}"
    return {
        "type": docs, "title": title, "titleTr": title_tr, "status": status, "code": code, "iysCode": None, "fix": "…",
        "fixTr": "…", "retryable": False, "docs": docs, "errors": None, "scope": None, "page": None, **members,
    }  # fmt: skip
