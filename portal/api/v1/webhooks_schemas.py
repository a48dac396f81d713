"""What the API takes and answers of webhooks."""

from typing import Annotated

from pydantic import Field

from portal.api.v1.schemas import Answer, Moment, Strict
from portal.core.lazy_text import N_
from portal.core.models import EventType, OffReason, WebhookAlgorithm
from portal.domain.webhooks.endpoints import LONGEST_URL

URL = N_("https, 443 ya da 8443 numaralı portta.")
Url = Annotated[
    str, Field(min_length=1, max_length=LONGEST_URL, description=URL, examples=["https://crm.ornek.com/webhooks"])
]
Types = Annotated[list[EventType], Field(min_length=1)]
SHOWS = N_("Adresler maskelenmeden gönderilsin mi. Anahtarda events:read de gerekir.")
IS_ON = N_("false: olaylar birikir; açınca hepsi gider.")


class WebhookBody(Strict):
    """An endpoint to be made."""

    url: Url
    types: Types
    showsAddresses: bool = Field(False, description=SHOWS)
    algorithm: WebhookAlgorithm = WebhookAlgorithm.HMAC


class WebhookChange(Strict):
    """What changes; absent fields and null stay as they are."""

    url: Url | None = None
    types: Types | None = None
    showsAddresses: bool | None = Field(None, description=SHOWS)
    isOn: bool | None = Field(None, description=IS_ON)


class Webhook(Answer):
    id: str
    url: str | None = Field(description=URL)
    types: list[EventType]
    showsAddresses: bool = Field(description=SHOWS)
    algorithm: WebhookAlgorithm
    publicKey: str | None = Field(
        description=N_("ed25519 imzasını doğrulayan açık anahtar: whpk_ ve 32 baytın base64'ü. İmza v1a, ile başlar.")
    )
    isOn: bool = Field(description=IS_ON)
    offReason: OffReason | None = Field(description=N_("failing: günlerce yanıt vermedi; gone: adres 410 döndürdü."))
    failingSince: Moment | None
    succeededAt: Moment | None
    createdAt: Moment


class NewWebhook(Webhook):
    secret: str | None = Field(description=N_("hmac imzasının parolası; yalnız bu yanıtta görünür."))


class Webhooks(Answer):
    items: list[Webhook]


class WebhookRemoved(Answer):
    id: str
