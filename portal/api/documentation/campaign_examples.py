"""Examples of campaigns and links."""

from typing import Any

from portal.api.documentation.example import BRAND, EMAIL, MOMENT, OF_BRAND, PHONE, UNKNOWN, Example, problem_example

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
_WRONG_STATE = problem_example(
    "wrong_state", 409, "The record's present state does not allow this.", "Kaydın şu andaki durumu buna izin vermiyor."
)
_ADDED = {"index": 0, "correlationId": "crm-42", "result": "added", "written": True, "problem": None}
_REPEATED = {"index": 1, "correlationId": None, "result": "repeated", "written": False, "problem": None}
_OF_CAMPAIGN = f"{OF_BRAND}/campaigns/{CAMPAIGN_ID}"
LINK_REQUEST = {"recipient": UNKNOWN, "contactKind": "purchase", "contactDate": "2026-11-24", "reference": "C-1043"}
_LINK = {
    "recipient": UNKNOWN, "url": "https://izinlink.example/k/a7Kf3mQx", "words": "mavi nehir", "subject": "",
    "text": "Örnek Mağaza: size ileti göndermemiz için izninizi soruyoruz: https://izinlink.example/k/a7Kf3mQx …",
}  # fmt: skip
_PROMOTING = {
    "titleTr": "Size yazalım mı?", "bodyTr": "İndirimleri bildirelim mi?", "titleEn": "May we write to you?",
    "bodyEn": "May we tell you our news?",
}  # fmt: skip
_BOTH = {"people": [_PERSON, {"recipient": "0532 123 45 67"}]}
_OWN_TEXT = {"name": "Kendi metnimiz", "channels": ["MESAJ"], "text": _PROMOTING}
EXAMPLES = (
    Example("addCampaign", f"{OF_BRAND}/campaigns", {"name": _CAMPAIGN["name"], "channels": ["MESAJ"]}, 200, _DRAFT),
    Example("addCampaign", f"{OF_BRAND}/campaigns", _OWN_TEXT, 409, problem_example(
        "person_needed", 409, "A program cannot decide this; a person must look and confirm.",
        "Buna bir program karar veremez; bir kişinin bakıp onaylaması gerekir.",
        errors=[{"field": "text", "code": "promotion", "title": "…", "titleTr": "İndirimleri"}],
        page="https://izinlink.example/campaigns/new",
    )),
    Example("addPeople", f"{_OF_CAMPAIGN}/people", _BOTH, 200, {
        "added": 1, "repeated": 1, "problems": 0, "results": [_ADDED, _REPEATED],
    }),
    Example("showCampaign", _OF_CAMPAIGN, None, 200, _FILLED),
    Example("addLaunch", f"{_OF_CAMPAIGN}/launch", {}, 200, _FILLED | {"state": "running", "launchedAt": MOMENT}),
    Example("addLaunch", f"{_OF_CAMPAIGN}/launch", {}, 409, _WRONG_STATE),
    Example("addPeople", f"{_OF_CAMPAIGN}/people", _BOTH, 409, _WRONG_STATE),
    Example("listCampaigns", f"{OF_BRAND}/campaigns?limit=10", None, 200, {
        "items": [_CAMPAIGN | {"state": "finished", "launchedAt": MOMENT}], "nextCursor": None,
    }),
    Example("listLinks", f"{_OF_CAMPAIGN}/links", None, 200, {
        "items": [_LINK | {"recipient": PHONE}], "nextCursor": None,
    }),
    Example("listPoints", f"{OF_BRAND}/points", None, 200, {"items": [{
        "slug": "ornek-magaza-kasa", "name": "Kadıköy kasa", "url": "https://izinlink.example/i/ornek-magaza-kasa",
        "channels": ["MESAJ", "ARAMA", "EPOSTA"], "isOpen": True,
    }]}),
    Example("addLink", f"{OF_BRAND}/points/ornek-magaza-kasa/links", LINK_REQUEST, 200, {
        "link": _LINK, "refusalUrl": "https://izinlink.example/u/a7Kf3mQx", "reason": None,
    }),
    Example("addLink", f"{OF_BRAND}/points/ornek-magaza-kasa/links", LINK_REQUEST | {"recipient": PHONE}, 200, {
        "link": None, "refusalUrl": "https://izinlink.example/u/b8Lg4nRy", "reason": "refused",
    }),
    Example("addRefusalLinks", f"{OF_BRAND}/refusal-links", {"recipients": [EMAIL, "fatma@"]}, 200, {
        "results": [
            {"recipient": EMAIL, "url": "https://izinlink.example/u/a7Kf3mQx", "code": None},
            {"recipient": "fatma@", "url": None, "code": "email_shape"},
        ],
    }),
)  # fmt: skip
