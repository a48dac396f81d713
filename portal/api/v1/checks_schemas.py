"""What the API takes and answers of checks of lists. Descriptions are msgids."""

from pydantic import Field

from portal.api.v1.extensible_enums import REASON
from portal.api.v1.field_texts import PHONE
from portal.api.v1.schemas import UNTIL, Answer, Moment, Strict, Text
from portal.core.iys_protocol import Channel, RecipientType
from portal.core.lazy_text import N_
from portal.domain.consents.may_send import Verdict

MAX_ADDRESSES = 50_000


class CheckBody(Strict):
    type: Channel
    recipientType: RecipientType = RecipientType.INDIVIDUAL
    recipients: list[Text] = Field(min_length=1, max_length=MAX_ADDRESSES, examples=[[PHONE]])


class CheckedAddress(Answer):
    recipient: str
    verdict: Verdict = Field(description=N_("may: ileti gönderilebilir; may_not ve unknown: gönderilmez."))
    reason: str = REASON
    validUntil: Moment | None = UNTIL


class CheckAnswer(Answer):
    asOf: Moment
    may: int
    mayNot: int
    unknown: int
    results: list[CheckedAddress]
    certificate: str = Field(
        description=N_("İmzalı sorgu belgesi (JWS); adres içermez. Ne zaman, hangi sonuçla sorduğunuzu kanıtlar.")
    )
    salt: str = Field(
        description=N_(
            "Listenin belgedeki özetini yeniden hesaplamak için. Belgeyle değil, listeyle saklayın. Özet: "
            'sha256(salt+"\\n"+"".join(a+"\\n" for a in sorted(set(adresler)))); salt metin olarak, telefonlar '
            "+90532…, e-postalar küçük harfle, adres olmayan metinler olmadan. İmza anahtarları: "
            "/.well-known/jwks.json."
        )
    )
