"""The body of a webhook as the page shows it. A test compares its fields with those of a true one."""

from typing import Any

from portal.api.documentation.example import BRAND, DATE, MOMENT

WEBHOOK: dict[str, Any] = {
    "type": "decision.made", "timestamp": "2026-11-24T11:02:05.126Z",
    "data": {
        "sequence": 4711, "brandCode": BRAND, "isTest": False, "decisionId": "120421449935618562",
        "recipient": "+90 5•• ••• •• 67", "reference": "C-1042", "type": "MESAJ", "recipientType": "BIREYSEL",
        "status": "RET", "consentDate": DATE, "recordedAt": MOMENT, "source": "HS_WEB", "origin": "link",
        "retailerCode": None, "retailerAccess": None,
        "requestId": None, "correlationId": None,
        "consent": {
            "id": "120421449935618500", "status": "RET", "consentDate": DATE, "iysStatus": "ONAY", "asOf": 4712,
        },
    },
}  # fmt: skip
