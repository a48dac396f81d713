"""Examples of messages sent by other systems."""

from portal.api.documentation.example import DATE, MOMENT, OF_BRAND, PHONE, UNKNOWN, Example

_SENT = {"recipient": PHONE, "type": "MESAJ", "sentAt": DATE, "campaign": "Kasım indirimi", "correlationId": "sms-81"}
EXAMPLES = (
    Example("addSends", f"{OF_BRAND}/sends", {"sends": [_SENT, {**_SENT, "recipient": UNKNOWN}]}, 200, {
        "requestId": "120421449935618590", "receivedAt": MOMENT, "written": 2, "unchanged": 0, "problems": 0,
        "results": [
            {"index": place, "correlationId": "sms-81", "result": "recorded", "written": True, "problem": None}
            for place in (0, 1)
        ],
    }),
)  # fmt: skip
