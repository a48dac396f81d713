"""Examples of campaigns and links."""

from typing import Any

from portal.api.documentation.example import BRAND, MOMENT, OF_BRAND, PHONE, Example

CAMPAIGN_ID = "120421449935618570"
_PERSON = {"recipient": PHONE, "contactKind": "purchase", "contactDate": "2026-11-20", "correlationId": "crm-42"}
_CAMPAIGN: dict[str, Any] = {
    "campaignId": CAMPAIGN_ID, "brandCode": BRAND, "name": "Kasım alışverişleri", "kind": "ask",
    "channels": ["MESAJ"], "delivery": "csv", "state": "draft", "createdAt": MOMENT, "launchedAt": None,
    "expiresAt": "2026-12-24T14:02:05+03:00",
}  # fmt: skip
_MISSING = [
    {"code": "audience", "title": "…", "titleTr": "Bir adres listesi getirin."},
    {"code": "contact", "title": "…", "titleTr": "Temasın türü ve günü ne kampanyada ne de listede yazıyor."},
]
_STEPS = {"made": 0, "opened": 0, "answered": 0, "accepted": 0, "granted": 0, "unsubscribed": 0}
_DRAFT = _CAMPAIGN | {
    "audience": {"people": 0, "links": 0, "waiting": 0, "leftOut": {}}, "messages": {}, "results": _STEPS,
    "byChannel": {"MESAJ": {"offered": 0, "granted": 0, "refused": 0}}, "missing": _MISSING,
    "page": f"https://izinlink.example/campaigns/{CAMPAIGN_ID}",
}  # fmt: skip
_FILLED = _DRAFT | {"audience": {"people": 1, "links": 0, "waiting": 1, "leftOut": {}}, "missing": []}
_ADDED = {"index": 0, "correlationId": "crm-42", "result": "added", "written": True, "problem": None}
_REPEATED = {"index": 1, "correlationId": None, "result": "repeated", "written": False, "problem": None}
_OF_CAMPAIGN = f"{OF_BRAND}/campaigns/{CAMPAIGN_ID}"
EXAMPLES = (
    Example("addCampaign", f"{OF_BRAND}/campaigns", {"name": _CAMPAIGN["name"], "channels": ["MESAJ"]}, 200, _DRAFT),
    Example("addPeople", f"{_OF_CAMPAIGN}/people", {"people": [_PERSON, {"recipient": "0532 123 45 67"}]}, 200, {
        "added": 1, "repeated": 1, "problems": 0, "results": [_ADDED, _REPEATED],
    }),
    Example("showCampaign", _OF_CAMPAIGN, None, 200, _FILLED),
    Example("addLaunch", f"{_OF_CAMPAIGN}/launch", {}, 200, _FILLED | {"state": "running", "launchedAt": MOMENT}),
    Example("listCampaigns", f"{OF_BRAND}/campaigns?limit=10", None, 200, {
        "items": [_CAMPAIGN | {"state": "running", "launchedAt": MOMENT}], "nextCursor": None,
    }),
    Example("listLinks", f"{_OF_CAMPAIGN}/links", None, 200, {"items": [], "nextCursor": None}),
)  # fmt: skip
