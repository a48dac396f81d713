"""Examples of messages sent by other systems, and what the documentation says of them, as msgids."""

from portal.api.documentation.example import DATE, MOMENT, OF_BRAND, PHONE, UNKNOWN, Example
from portal.core.lazy_text import N_

OPERATIONS: dict[str, tuple[str, str]] = {
    "addSends": (
        N_("Gönderilenleri bildir"),
        N_(
            "Başka bir sistemle gönderdiğiniz en çok 10.000 iletiyi bildirir; “yazdınız” diyen kişiye yanıt verirken "
            "her birinin o anda gönderilebilir olup olmadığı ve önceden sorulup sorulmadığı görünür. Sonuç recorded ya "
            "da known (önceden bildirilmiş). Kayıtlar en az üç yıl saklanır."
        ),
    )
}
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
