"""What the changes feed and the list of all consents take and answer. Descriptions are msgids."""

from typing import Annotated, Any

from pydantic import Field

from portal.api.v1.extensible_enums import ORIGIN, SOURCE
from portal.api.v1.schemas import Answer, AtIys, Moment, NamedRetailers, Strict
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.lazy_text import N_
from portal.core.models import EventType

MAX_PAGE = 1000
Cursor = Annotated[str, Field(pattern=r"^[0-9]{1,19}$")]
Limit = Annotated[int, Field(ge=1, le=MAX_PAGE, description=N_("En çok 1.000."))]


class EventsQuery(Strict):
    cursor: Cursor | None = Field(
        None, description=N_("Önceki yanıtın nextCursor değeri; yoksa saklanan en eski olaydan başlar.")
    )
    limit: Limit = 500
    event: list[EventType] = Field([], description=N_("Yalnız bu türler; parametre yinelenebilir."))


class ConsentsQuery(Strict):
    cursor: Cursor | None = Field(None, description=N_("Önceki yanıtın nextCursor değeri."))
    limit: Limit = 500


class ConsentNow(Answer):
    brandCode: int
    recipient: str | None
    reference: str | None
    type: Channel
    recipientType: RecipientType
    status: Status | None = Field(description=N_("null: kaydınızı silin; GET …/consents onu vermez."))
    consentDate: str | None
    decisionId: str | None = Field(description=N_("Geçerli olan karar."))
    iys: AtIys


class EventDecision(NamedRetailers):
    id: str
    status: Status
    consentDate: str | None
    recordedAt: Moment
    source: str | None = SOURCE
    origin: str = ORIGIN
    requestId: str | None = Field(description=N_("Kararı bildiren isteğiniz; null: başka yoldan geldi."))


class EventItem(Answer):
    sequence: int = Field(description=N_("Artan sıra numarası; her olayın kendininki vardır."))
    event: EventType
    at: Moment
    brandCode: int | None = Field(description=N_("null: firmanın bütünü."))
    subjectId: str = Field(description=N_("Kararın, başvurunun ya da belgenin numarası."))
    decision: EventDecision | None = Field(description=N_("Olayın kararı; iptalde iptal edilen."))
    consent: ConsentNow | None = Field(
        description=N_("İznin bu yanıt verilirkenki durumu: kaydınıza bunu yazın. null: olay bir kararın değil.")
    )
    facts: dict[str, Any] = Field(description=N_("Olay türüne göre değişir; adres içermez."))


class Events(Answer):
    items: list[EventItem]
    nextCursor: str = Field(description=N_("Saklayın, sonraki istekte cursor olarak gönderin; boş sayfada da vardır."))
    waitSeconds: int = Field(description=N_("Sonraki isteğe kadar bekleyin; 0: devamı hazır."))


class Consents(Answer):
    items: list[ConsentNow]
    nextCursor: str | None
    eventsCursor: str = Field(description=N_("İlk sayfadakini saklayın; liste bitince GET /events ile ondan sürdürün."))
