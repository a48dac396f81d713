"""Examples of the changes feed and of the list that a reader begins with."""

from portal.api.documentation.example import BRAND, DATE, MOMENT, OF_BRAND, PHONE, Example

_DECISION_ID, _CONSENT_ID, _REFUSAL_ID = "120421449935618562", "120421449935618563", "120421449935618564"
_NOT_AT_IYS = {"status": None, "asOf": None}
_GRANTED = {
    "brandCode": BRAND, "recipient": PHONE, "reference": "C-1042", "type": "MESAJ",
    "recipientType": "BIREYSEL", "status": "ONAY", "consentDate": DATE, "decisionId": _DECISION_ID, "iys": _NOT_AT_IYS,
}  # fmt: skip
_REFUSED = _GRANTED | {
    "type": "ARAMA", "status": "RET", "consentDate": "2026-11-24 14:02:05", "decisionId": _REFUSAL_ID
}  # fmt: skip
EXAMPLES = (
    Example("listConsents", f"{OF_BRAND}/consents?limit=1", None, 200, {
        "items": [_REFUSED], "nextCursor": _CONSENT_ID, "eventsCursor": "40",
    }),
    Example("listEvents", "/events?limit=1", None, 200, {
        "items": [{
            "sequence": 39, "event": "decision.made", "at": MOMENT, "brandCode": BRAND, "subjectId": _DECISION_ID,
            "decision": {
                "id": _DECISION_ID, "status": "ONAY", "consentDate": DATE, "recordedAt": MOMENT,
                "source": "HS_FIZIKSEL_ORTAM", "origin": "api", "requestId": "120421449935618560",
                "retailerCode": 58954387, "retailerAccess": None,
            },
            "consent": _GRANTED, "facts": {},
        }],
        "nextCursor": "39", "waitSeconds": 0,
    }),
)  # fmt: skip
