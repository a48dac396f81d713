"""Examples of webhook endpoints, and what the documentation says of them, as msgids."""

from typing import Any

from portal.api.documentation.example import MOMENT, OF_BRAND, Example
from portal.core.lazy_text import N_

OPERATIONS: dict[str, tuple[str, str]] = {
    "listWebhooks": (N_("Webhook adresleri"), N_("Yalnız bu markanın olaylarını alan adresleri listeler.")),
    "addWebhook": (
        N_("Webhook adresi ekle"),
        N_(
            "Markanın bundan sonraki olaylarını bu adrese gönderir. İmzanın parolası yalnız bu yanıtta görünür. "
            "Firmanın en çok 10 adresi olabilir."
        ),
    ),
    "changeWebhook": (
        N_("Webhook adresini değiştir"),
        N_("Gönderilen alanları değiştirir. isOn duraklatır ya da kaldığı yerden sürdürür; olaylar kaybolmaz."),
    ),
    "removeWebhook": (N_("Webhook adresini sil"), N_("Adresi ve gönderim kayıtlarını siler.")),
}
ID, URL, SECRET = "120421449935618590", "https://crm.ornek.com/webhooks", "whsec_K5oZfzN95Z9UVu1E…"
_ONE: dict[str, Any] = {
    "id": ID, "url": URL, "types": ["decision.made"], "showsAddresses": False, "algorithm": "hmac", "publicKey": None,
    "isOn": True, "offReason": None, "failingSince": None, "succeededAt": None, "createdAt": MOMENT,
}  # fmt: skip
NEW_WEBHOOK = {"url": URL, "types": ["decision.made"]}
EXAMPLES = (
    Example("addWebhook", f"{OF_BRAND}/webhooks", NEW_WEBHOOK, 200, _ONE | {"secret": SECRET}),
    Example("listWebhooks", f"{OF_BRAND}/webhooks", None, 200, {"items": [_ONE]}),
    Example("changeWebhook", f"{OF_BRAND}/webhooks/{ID}", {"isOn": False}, 200,
            _ONE | {"isOn": False, "offReason": "paused"}),
    Example("removeWebhook", f"{OF_BRAND}/webhooks/{ID}", None, 200, {"id": ID}),
)  # fmt: skip
