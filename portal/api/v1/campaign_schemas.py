"""What the API takes and answers of campaigns, consent points and links."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, SkipValidation

from portal.api.v1.field_texts import PHONE
from portal.api.v1.schemas import MAX_ROWS, Absent, Answer, Moment, Reference, RowResult, Strict, Text
from portal.core.iys_protocol import Channel
from portal.core.lazy_text import N_
from portal.core.models import CampaignKind, CampaignState, ContactKind, Delivery, ExclusionReason

DATE = Field(None, examples=["2026-11-24"], description=N_("Temasın günü: YYYY-AA-GG. Boşsa kampanyanınki geçerlidir."))
KIND = Field(
    None, examples=["purchase"],
    description=N_(
        "Kişi teması nasıl kurdu: purchase, membership, visit, call, form, event, request ya da other. Boşsa "
        "kampanyanınki geçerlidir."
    ),
)  # fmt: skip
Cursor = Annotated[str, Field(pattern=r"^[0-9]{1,19}$")]
Reasons = dict[ExclusionReason, int]


class ContactBody(Strict):
    kind: ContactKind
    date: date
    note: Annotated[str, Field(max_length=255)] = ""


class TextBody(Strict):
    titleTr: Annotated[str, Field(min_length=1, max_length=255)]
    bodyTr: Annotated[str, Field(min_length=1, max_length=2000)]
    titleEn: Annotated[str, Field(min_length=1, max_length=255)]
    bodyEn: Annotated[str, Field(min_length=1, max_length=2000)]
    noticeUrl: Annotated[str, Field(max_length=500)] | None = Field(
        None, description=N_("Aydınlatma metninin incelenmiş bir adresi; boşsa markanınki.")
    )


class CampaignBody(Strict):
    name: Annotated[str, Field(min_length=1, max_length=120)]
    kind: CampaignKind = Field(CampaignKind.ASK, description=N_("ask: izin sorar, refuse: yalnız ret sunar."))
    channels: list[Channel] = Field(min_length=1, max_length=3)
    delivery: Literal["gateway", "csv"] = Field(
        "csv", description=N_("gateway: iletileri İzinlink gönderir, csv: bağlantıları siz alıp gönderirsiniz.")
    )
    contact: ContactBody | None = Field(
        None, description=N_("Herkes için aynıysa temas; değilse her kişinin yanında bildirin.")
    )
    expiresDays: int = Field(30, ge=1, le=365)
    text: TextBody | None = Field(
        None, description=N_("Kendi metniniz incelemeyi bekler; boşsa olağan metin kullanılır ve beklemez.")
    )


class Campaign(Answer):
    campaignId: str
    brandCode: int
    name: str
    kind: CampaignKind
    channels: list[Channel]
    delivery: Delivery
    state: CampaignState = Field(
        description=N_(
            "planned: zamanı bekliyor; paused: iletiler bekliyor; finished: bağlantıların hepsi yapıldı, gönderilecek "
            "ileti kalmadı (csv'de iletileri siz gönderirsiniz; kişiler yanıt vermeyi sürdürür); closed, stopped: "
            "kapatıldı."
        )
    )
    createdAt: Moment
    launchedAt: Moment | None
    expiresAt: Moment | None


class Campaigns(Answer):
    items: list[Campaign]
    nextCursor: str | None


class PageQuery(Strict):
    limit: int = Field(50, ge=1, le=200)
    cursor: Cursor | Absent = None


class Audience(Answer):
    people: int
    links: int
    waiting: int = Field(description=N_("Bağlantısı daha yapılmamış kişiler."))
    leftOut: Reasons = Field(description=N_("Bağlantı almayanlar, nedenine göre."))


class ChannelResults(Answer):
    offered: int
    granted: int
    refused: int


class Missing(Answer):
    code: str
    title: str
    titleTr: str


class CampaignAnswer(Campaign):
    audience: Audience
    messages: dict[str, int] = Field(description=N_("İleti sayıları, durumlarına göre."))
    results: dict[str, int] = Field(description=N_("Bağlantı sayıları, vardıkları adıma göre."))
    byChannel: dict[Channel, ChannelResults]
    missing: list[Missing] = Field(description=N_("Taslağın başlaması için eksikler."))
    page: str = Field(description=N_("Kampanyanın paneldeki sayfası."))


class Person(Strict):
    recipient: Text | None = Field(examples=[PHONE])
    contactKind: Text | None = KIND
    contactDate: Text | None = DATE
    correlationId: Annotated[str, Field(max_length=100)] | None = None


class PeopleBody(Strict):
    people: list[SkipValidation[Person]] = Field(min_length=1, max_length=MAX_ROWS)


class PeopleAnswer(Answer):
    added: int = Field(description=N_("Kitleye eklenenler; bağlantı alıp almayacaklarına kampanya başlarken bakılır."))
    repeated: int
    problems: int
    results: list[RowResult]


class LaunchBody(Strict):
    """An empty object."""


class PersonalLink(Answer):
    recipient: str
    url: str
    words: str = Field(description=N_("Bağlantının sayfasında da yazan iki sözcük."))
    text: str = Field(description=N_("Gönderilmeye hazır ileti; sabit telefonda boş."))
    subject: str = Field(description=N_("E-postanın konusu."))


class PersonalLinks(Answer):
    items: list[PersonalLink]
    nextCursor: str | None


class LinksQuery(Strict):
    cursor: Cursor | Absent = None


class Point(Answer):
    slug: str = Field(description=N_("Noktanın adresindeki adı; bağlantı isterken bunu yazın."))
    name: str
    url: str
    channels: list[Channel]
    isOpen: bool


class Points(Answer):
    items: list[Point]


class LinkBody(Strict):
    recipient: Text = Field(examples=[PHONE])
    contactKind: ContactKind
    contactDate: Text = Field(examples=["2026-11-24"], description=N_("Temasın günü: YYYY-AA-GG."))
    reference: Reference = None


class LinkAnswer(Answer):
    link: PersonalLink | None
    refusalUrl: str = Field(
        description=N_(
            "Aynı kişinin yalnız reddetmeye yarayan adresi; bağlantı verilmese de gelir. Bağlantı varsa onunki, yoksa "
            "…/refusal-links'inki: ikisi de süresizdir."
        )
    )
    reason: ExclusionReason | None = Field(description=N_("Bağlantı verilmediyse nedeni."))


class RefusalLinksBody(Strict):
    recipients: list[Text] = Field(min_length=1, max_length=MAX_ROWS, examples=[["fatma@example.com"]])


class RefusalLink(Answer):
    recipient: str
    url: str | None = Field(
        description=N_(
            "Hep aynı ve süresiz. Programlar tek tıkla da reddeder (RFC 8058): adres e-postaysa e-postayı, telefonsa "
            "SMS'i ve aramayı. Sayfasında iki sözcük yazmaz."
        )
    )
    code: str | None = Field(description=N_("Adres değilse nedeni."))


class RefusalLinks(Answer):
    results: list[RefusalLink]
