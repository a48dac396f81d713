"""Examples of each operation, as the page shows them. A test runs every one, in this order, and compares what comes."""

from typing import Any

from portal.api.documentation import (
    campaign_examples,
    events_examples,
    file_examples,
    retailers_examples,
    sends_examples,
    webhooks_examples,
)
from portal.api.documentation.example import BRAND, DATE, EMAIL, MOMENT, OF_BRAND, PHONE, UNKNOWN, Example

REQUEST_ID, LIST_ID = "120421449935618560", "120421449935618561"
DECISION_ID, REFUSAL_ID = "120421449935618562", "120421449935618564"

_RETAILERS = {"retailerCode": 58954387, "retailerAccess": None}
_FORWARDED = {"outcome": "waiting", "code": None, "transactionId": None, "dueAt": MOMENT}
_CONSENT = {
    "brandCode": BRAND, "recipient": PHONE, "type": "MESAJ", "recipientType": "BIREYSEL", "status": "ONAY",
    "consentDate": DATE, "reference": "C-1042", **_RETAILERS, "iys": {"status": None, "asOf": None},
    "maySend": {"verdict": "unknown", "reason": "unregistered", "asOf": MOMENT, "validUntil": None},
}  # fmt: skip
_GRANT = {
    "recipient": PHONE, "type": "MESAJ", "status": "ONAY", "consentDate": DATE, "source": "HS_FIZIKSEL_ORTAM",
    "evidence": "Üyelik formu 2026-118", "reference": "C-1042", "retailerCode": 58954387,
}  # fmt: skip
_NO_DATE = {"recipient": EMAIL, "type": "EPOSTA", "status": "ONAY", "source": "HS_WEB", "evidence": "Sipariş 4711"}
_REFUSAL = {"recipient": PHONE, "type": "ARAMA", "status": "RET", "correlationId": "crm-42", "note": "telefonda"}
_WRITTEN: dict[str, Any] = {
    "correlationId": None, "reference": None, "decisionId": DECISION_ID, "ignored": [], "stands": "ONAY",
    "written": True, "problem": None,
}  # fmt: skip
_PROBLEM = {
    "type": "https://izinlink.example/api/docs#date_missing", "title": "The consent date is missing.",
    "titleTr": "İzin tarihi eksik.", "status": 422, "code": "date_missing", "iysCode": "H112",
    "fix": "…", "fixTr": "…", "retryable": False, "docs": "https://izinlink.example/api/docs#date_missing",
    "errors": [{"field": "consentDate", "code": "date_missing", "title": "…", "titleTr": "İzin tarihi eksik."}],
    "scope": None, "page": None,
}  # fmt: skip
EXAMPLES = (
    Example("showMe", "/me", None, 200, {
        "title": "Örnek Mağazacılık A.Ş.", "iysCode": BRAND, "isSandbox": False, "isSuspended": False,
        "key": {"name": "CRM", "hint": "7Iu4", "isTest": False, "brandCodes": None, "expiresAt": None, "scopes": [
            "brands:read", "campaigns:launch", "campaigns:read", "campaigns:write", "consents:check", "consents:grant",
            "consents:read", "consents:refuse", "events:read",
            "exports:read", "imports:refuse", "imports:write", "links:write", "retailers:read", "retailers:write",
            "sends:write", "webhooks:write",
        ]},
        "package": {"records": None, "used": 0, "level": "grace", "endsOn": None},
    }),
    Example("listBrands", "/brands", None, 200, {"items": [{
        "brandCode": BRAND, "name": "Örnek Mağaza", "isOpen": True,
        "rights": {"ARAMA": None, "MESAJ": None, "EPOSTA": None},
        "counts": {each: {"ONAY": 0, "RET": 0} for each in ("ARAMA", "MESAJ", "EPOSTA")},
        "iys": {"state": "connected", "code": None},
    }]}),
    Example("addConsent", f"{OF_BRAND}/consents", _GRANT, 200, {
        "requestId": REQUEST_ID, "receivedAt": MOMENT, "written": 1, "unchanged": 0, "problems": 0, "undoSeconds": 0,
        "results": [_WRITTEN | {"index": 0, "result": "grant", "reference": "C-1042"}],
    }),
    Example("addConsent", f"{OF_BRAND}/consents", _NO_DATE, 422, _PROBLEM),
    Example("showConsent", f"{OF_BRAND}/consents/MESAJ/{PHONE}", None, 200, _CONSENT),
    Example("queryConsent", f"{OF_BRAND}/consents/query", {"recipient": PHONE, "type": "MESAJ"}, 200, _CONSENT),
    Example("mayBeMessaged", f"{OF_BRAND}/may-send/MESAJ/{UNKNOWN}", None, 404, None),
    Example("addConsents", f"{OF_BRAND}/consents/bulk", {"consents": [_REFUSAL, _NO_DATE]}, 200, {
        "requestId": LIST_ID, "receivedAt": MOMENT, "written": 1, "unchanged": 0, "problems": 1, "undoSeconds": 0,
        "results": [
            _WRITTEN | {"index": 0, "correlationId": "crm-42", "result": "first_refusal", "ignored": ["note"],
                        "decisionId": REFUSAL_ID, "stands": "RET"},
            _WRITTEN | {"index": 1, "decisionId": None, "stands": None, "result": "problem", "written": False,
                        "problem": _PROBLEM},
        ],
    }),
    Example("showRequest", f"/requests/{REQUEST_ID}", None, 200, {
        "requestId": REQUEST_ID, "brandCode": BRAND, "receivedAt": MOMENT,
        "results": [_WRITTEN | {"index": 0, "result": "grant", "reference": "C-1042", "iys": _FORWARDED}],
    }),
    Example("listHistory", f"{OF_BRAND}/consents/history", {"recipient": PHONE, "type": "MESAJ", "limit": 10}, 200, {
        "reference": "C-1042", "heldSince": None,
        "items": [{
            "id": DECISION_ID, "status": "ONAY", "consentDate": DATE, "recordedAt": MOMENT,
            "source": "HS_FIZIKSEL_ORTAM", "origin": "api", "isAnnulled": False, **_RETAILERS, "iys": _FORWARDED,
        }],
        "nextCursor": None,
    }),
    Example(
        "checkAddresses", f"{OF_BRAND}/checks", {"type": "MESAJ", "recipients": [PHONE, UNKNOWN]}, 200, {
            "asOf": MOMENT, "may": 0, "mayNot": 1, "unknown": 1,
            "results": [
                {"recipient": PHONE, "verdict": "unknown", "reason": "unregistered", "validUntil": None},
                {"recipient": UNKNOWN, "verdict": "may_not", "reason": "not_granted", "validUntil": None},
            ],
            "certificate": "eyJhbGciOiJFZERTQSIsImtpZCI6Ii…", "salt": "5f0c1d9a7b3e42668d1f0a9c7e5b3d21",
        },
    ),
    *sends_examples.EXAMPLES,
    *events_examples.EXAMPLES,
    *campaign_examples.EXAMPLES,
    *file_examples.EXAMPLES,
    *retailers_examples.EXAMPLES,
    *webhooks_examples.EXAMPLES,
)  # fmt: skip


def examples_of(operation: str) -> list[Example]:
    return [each for each in EXAMPLES if each.operation == operation]
