"""What the API takes and answers, by İYS's own names. Descriptions are msgids, which the documentation translates."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, SkipValidation
from pydantic.json_schema import SkipJsonSchema

from portal.api.v1.extensible_enums import ORIGIN, REASON, RESULT, SOURCE
from portal.api.v1.field_texts import EVIDENCE, FORM, PHONE, REFERENCE, RETAILER, RETAILERS
from portal.core.iys_protocol import MAX_RETAILERS, Channel, RecipientType, Source, Status
from portal.core.iys_protocol.payload import FIRST_RETAILER, LAST_RETAILER
from portal.core.lazy_text import N_
from portal.domain.consents.may_send import Verdict

MAX_ROWS = 10_000  # Of a list that is written.
MAX_TEXT = 500  # Characters of a text.
MAX_ID = 100  # Characters of a correlationId.

Text = Annotated[str, Field(max_length=MAX_TEXT)]
Absent = SkipJsonSchema[None]  # Of a field of a query, in which there is no null.
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]

RetailerCode = Annotated[int, Field(ge=FIRST_RETAILER, le=LAST_RETAILER, examples=[58954386])]
RetailerCodes = list[RetailerCode]
Id = Annotated[str, Field(max_length=MAX_ID)]
Reference = Annotated[Id | None, Field(examples=["C-1042"], description=REFERENCE)]


class Strict(BaseModel):
    """A body, all fields of which are known."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """What is answered, all fields of which are there; others may be added to it within v1."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class NamedRetailers(Answer):
    retailerCode: RetailerCode | None = Field(description=RETAILER)
    retailerAccess: RetailerCodes | None = Field(description=RETAILERS)


class FieldError(Answer):
    field: str
    code: str
    title: str = Field(description=N_("Ne olduğu, İngilizce."))
    titleTr: str = Field(description=N_("Ne olduğu, Türkçe."))


class Problem(Answer):
    type: str
    title: str = Field(description=N_("Ne olduğu, İngilizce."))
    titleTr: str = Field(description=N_("Ne olduğu, Türkçe."))
    status: int
    code: str = Field(description=N_("Programlar için; değişmez."))
    iysCode: str | None = Field(description=N_("İYS'nin bu durumda verdiği ya da vereceği kod."))
    fix: str = Field(description=N_("Ne yapılacağı, İngilizce."))
    fixTr: str = Field(description=N_("Ne yapılacağı, Türkçe."))
    retryable: bool = Field(description=N_("Sonra yinelenir mi: istek aynı, satır yeni Idempotency-Key ile."))
    docs: str
    errors: list[FieldError] | None = None
    scope: str | None = Field(None, description=N_("Anahtarda eksik olan yetki."))
    page: str | None = Field(None, description=N_("Bir kişinin sürdürmesi gereken sayfa."))


UNTIL = Field(description=N_("may yanıtının yeniden sorulması gereken an; null: gönderilmez, sonra yeniden sorun."))


class Key(Answer):
    name: str
    hint: str = Field(description=N_("Anahtarın son dört karakteri."))
    isTest: bool
    scopes: list[str]
    brandCodes: list[int] | None = Field(description=N_("Anahtarın ulaştığı markalar; null: hepsi."))
    expiresAt: Moment | None


class PackageState(Answer):
    records: int | None = Field(description=N_("Paketteki adres sayısı."))
    used: int = Field(description=N_("Tutulan adres sayısı."))
    level: Literal["fine", "near", "grace", "shut"] = Field(
        description=N_("shut: yeni adresle gelen onay alınmaz; ret her zaman alınır.")
    )
    endsOn: str | None


class Me(Answer):
    title: str
    iysCode: int
    isSandbox: bool = Field(description=N_("Deneme modunda: İYS'ye hiçbir şey gitmez."))
    isSuspended: bool = Field(description=N_("Durdurulmuş: yalnız okur ve ret bildirir."))
    key: Key
    package: PackageState


class Counts(Answer):
    ONAY: int
    RET: int


class IysState(Answer):
    state: Literal["sandbox", "exempt", "not_connected", "connected", "blocked"]
    code: str | None = Field(description=N_("Bağlantıyı durduran İYS kodu."))


class BrandAnswer(Answer):
    brandCode: int
    name: str
    isOpen: bool
    rights: dict[Channel, bool | None] = Field(
        description=N_("İYS'nin bu kanalda yetki verip vermediği; null: sorulmadı ya da gerekmiyor.")
    )
    counts: dict[Channel, Counts]
    iys: IysState


class Brands(Answer):
    items: list[BrandAnswer]


class ConsentQuery(Strict):
    recipient: Text = Field(examples=[PHONE])
    type: Channel
    recipientType: RecipientType = RecipientType.INDIVIDUAL


class TypeQuery(Strict):
    recipientType: RecipientType = RecipientType.INDIVIDUAL


class MaySend(Answer):
    verdict: Verdict = Field(description=N_("may: ileti gönderilebilir; may_not ve unknown: gönderilmez."))
    reason: str = REASON
    asOf: Moment
    validUntil: Moment | None = UNTIL


class AtIys(Answer):
    status: Status | None = Field(description=N_("İYS'nin bu kayıtta tuttuğu; null: bilinmiyor ya da kayıt yok."))
    asOf: Moment | None


class ConsentAnswer(NamedRetailers):
    brandCode: int
    recipient: str
    type: Channel
    recipientType: RecipientType
    status: Status | None = Field(description=N_("null: burada geçerli bir karar yok."))
    consentDate: str | None = Field(description=N_("Türkiye saatiyle, İYS'nin biçiminde."))
    reference: str | None = Field(description=N_("Kişinin sizdeki numarası."))
    iys: AtIys
    maySend: MaySend


class ConsentRow(Strict):
    recipient: Text = Field(examples=[PHONE])
    type: Channel
    status: Status
    consentDate: str | None = Field(
        None, examples=["2026-11-24 14:02:00"],
        description=N_(
            "YYYY-MM-DD HH:mm:ss, Türkiye saatiyle; Z ya da saat dilimi alınmaz. Onayda gerekir; rette yoksa alındığı "
            "an sayılır. Saatiniz bir dakikaya kadar ileriyse şimdi sayılır; daha ileri tarihli onay alınmaz "
            "(date_to_come)."
        ),
    )  # fmt: skip
    source: Source | None = Field(None, description=N_("Onayda gerekir; rette yoksa HS_KARAR yazılır."))
    recipientType: RecipientType = RecipientType.INDIVIDUAL
    retailerCode: RetailerCode | None = Field(None, description=RETAILER)
    retailerAccess: RetailerCodes | None = Field(None, min_length=1, max_length=MAX_RETAILERS, description=RETAILERS)
    evidence: Text | None = Field(None, examples=[FORM], description=EVIDENCE)
    grantedAgain: bool = Field(
        False, description=N_("Kişi kendi reddinden sonra yeniden onay verdi ve bunu kanıtlayabilirsiniz.")
    )
    confirm: bool = Field(
        False,
        description=N_("Onayın aynı gün bildirimini kim gönderir? false: siz. true alınmaz; onayı bağlantıyla alın."),
    )
    correlationId: Id | None = Field(None, description=N_("Sizin numaranız; sonuçta aynen döner."))
    reference: Reference = None


class ConsentBody(RootModel[SkipValidation[ConsentRow]]):
    """One row; its fields are read by the rules of rows, which have İYS's codes."""


class BulkBody(Strict):
    consents: list[SkipValidation[ConsentRow]] = Field(min_length=1, max_length=MAX_ROWS)


class RowResult(Answer):
    index: int = Field(description=N_("Satırın listedeki yeri, 0'dan."))
    correlationId: str | None
    result: str = RESULT
    written: bool = Field(description=N_("Satır kayıtlara bir şey ekledi mi."))
    problem: Problem | None = Field(description=N_("Satır alınmadıysa nedeni; diğer satırlar bundan etkilenmez."))


class WriteCounts(Answer):
    requestId: str
    receivedAt: Moment
    written: int
    unchanged: int
    problems: int


class WriteAnswer(WriteCounts):
    results: list[RowResult]


class ConsentResult(RowResult):
    reference: str | None
    decisionId: str | None = Field(
        description=N_("Yazılan kararın numarası; olaylarda, webhook'larda ve geçmişte aynısı. null: karar yazılmadı.")
    )
    ignored: list[str] = Field(
        description=N_("Retin tanınmayan ya da yanlış alanları; ret onlarsız alındı (başka markanınki other_brand).")
    )
    stands: Status | None = Field(
        description=N_(
            "İstekten sonra geçerli karar; satır okunamadıysa null. RET bildirip ONAY gördüyseniz kişinin o tarihten "
            "sonra verdiği onay geçerlidir: tarih yanlışsa ya da sonra da reddettiyse consentDate olmadan bildirin."
        )
    )


class ConsentsAnswer(WriteCounts):
    undoSeconds: int = Field(description=N_("Geri almak için kalan süre; API'de yoktur, İYS'ye hemen bildirilir."))
    results: list[ConsentResult]


NEXT_AT = N_(
    "İYS'ye sıradaki gönderme ya da sorma; null: kalmadı. Tek kayıt saniyeler içinde, liste olarak giden satırlar beş "
    "dakika kadar sonra yanıtlanır."
)


class Forwarding(Answer):
    outcome: str = Field(
        description=N_(
            "waiting ve sent: yolda; accepted ve verified: İYS'de. Öbürleri İYS'deki sonuçlar tablosundadır; yenileri "
            "eklenebilir."
        ),
        examples=["waiting", "accepted"],
    )
    code: str | None = Field(description=N_("İYS'nin kodu."))
    transactionId: str | None
    dueAt: Moment | None = Field(description=NEXT_AT)


class ForwardedRow(ConsentResult):
    iys: Forwarding | None = Field(description=N_("null: bu satırdan İYS'ye bir şey bildirilmez."))


class RequestAnswer(Answer):
    requestId: str
    brandCode: int
    receivedAt: Moment
    results: list[ForwardedRow]


class HistoryQuery(ConsentQuery):
    limit: int = Field(50, ge=1, le=200)
    cursor: Annotated[str, Field(pattern=r"^[0-9]{1,19}$")] | None = None


class HistoryItem(NamedRetailers):
    id: str
    status: Status
    consentDate: str | None
    recordedAt: Moment
    source: str | None = SOURCE
    origin: str = ORIGIN
    isAnnulled: bool
    iys: Forwarding | None


class History(Answer):
    reference: str | None
    heldSince: Moment | None = Field(description=N_("Öncesi adresin önceki sahibinindir; el değiştirmediyse null."))
    items: list[HistoryItem]
    nextCursor: str | None


class WriteHeaders(BaseModel):
    IdempotencyKey: str = Field(
        alias="Idempotency-Key", min_length=8, max_length=200,
        description=N_(
            "Her yeni iş için rastgele bir değer; aynı işi yinelerken aynısı. 72 saat hatırlanır; anahtar ile onun "
            "yerine alınan anahtar aynı değerleri tanır."
        ),
    )  # fmt: skip
