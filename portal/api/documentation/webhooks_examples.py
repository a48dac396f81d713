"""Examples of webhook endpoints."""

from typing import Any

from portal.api.documentation.example import MOMENT, OF_BRAND, Example

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
