"""What the API takes and answers of files: imports and exports."""

from datetime import date
from typing import Annotated

from pydantic import Field

from portal.api.v1.schemas import Absent, Answer, Moment, Problem, Strict
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.lazy_text import N_
from portal.core.models import BatchState
from portal.web.shared.downloads import Format

Name = Annotated[str, Field(max_length=200)]
DIGEST = N_("Okuduğunuz denemenin özeti; başlatırken bunu gönderin.")


class UploadQuery(Strict):
    fileName: Name | Absent = Field(None, description=N_("Dosyanın adı, panelde de; bilinmeyen söz onayları bekletir."))
    profile: Annotated[str, Field(max_length=60)] | Absent = Field(
        None,
        description=N_(
            "Sütun düzeninin panelde verilen adı; boşsa aynı başlıklı son dosyanınki. Dosyanın adındaki sözler de "
            "okunur."
        ),
    )


class ImportProgress(Answer):
    done: int
    total: int
    secondsLeft: int | None


class DryRunAnswer(Answer):
    digest: str = Field(description=DIGEST)
    grants: int | None = Field(description=N_("Yalnız imports:refuse yetkisi olan anahtara sayılar boştur."))
    refusals: int | None
    problems: int | None
    newAddresses: int | None = Field(description=N_("Onay veren, daha önce tutulmayan adresler; pakette yer tutar."))
    takesGrants: bool = Field(description=N_("Hayırsa firma ya da marka durdurulmuş: yalnız retler yazılır."))


class AtIysCounts(Answer):
    accepted: int
    waiting: int
    notNeeded: int
    refused: int
    annulled: int


class Undoable(Answer):
    free: int = Field(description=N_("İYS'ye gitmemiş; geri alınabilir kararlar."))
    gone: int


class ImportAnswer(Answer):
    importId: str
    brandCode: int
    fileName: str
    state: BatchState = Field(
        description=N_("dry_run: deneme bitti, başlatın; done: yazıldı; read: bir kişi sütunları seçmeli.")
    )
    createdAt: Moment
    lines: int
    progress: ImportProgress | None
    problem: Problem | None = Field(description=N_("Dosya okunamadıysa ya da onayları bekliyorsa nedeni."))
    results: dict[str, int] = Field(description=N_("Satır sonuçları: denemede beklenen, sonra gerçekleşen."))
    dryRun: DryRunAnswer | None
    iys: AtIysCounts | None = Field(description=N_("Yazılanların İYS'deki durumu."))
    undoable: Undoable | None
    personNeeded: list[str] = Field(
        description=N_(
            "Yalnız bir kişinin karar verebileceği şeyler, page sayfasında: columns, answers, unread, before_2015, "
            "first_grants."
        )
    )
    page: str


class StartBody(Strict):
    digest: Annotated[str, Field(max_length=18)] = Field(description=DIGEST)
    onlyRefusals: bool = Field(False, description=N_("Onaylar yazılmaz; retler her zaman yazılabilir."))


class NoBody(Strict):
    """An empty object."""


class ErrorsQuery(Strict):
    cursor: Annotated[str, Field(pattern=r"^[0-9]{1,9}$")] | Absent = None


class CellError(Answer):
    code: str | None = Field(description=N_("null: İYS kabul etmedi."))
    iysCode: str | None
    title: str
    titleTr: str
    fix: str
    fixTr: str


class ErrorRow(Answer):
    line: int
    cells: list[str] = Field(description=N_("Dosyadaki gibi, header sırasıyla."))
    errors: list[CellError]


class ImportErrors(Answer):
    header: list[str]
    items: list[ErrorRow]
    nextCursor: str | None


REFUSED = N_(
    "RET (consents): reddedenlerin hepsi; İYS'de ya da e-postalarının başka bir yazılışıyla reddedenler de. Satırın "
    "kendi status değeri boş ya da ONAY olabilir."
)
SINCE = N_(
    "İlk gün, Türkiye saatiyle yyyy-aa-gg, o gün dahil: satırın kaydedildiği (recordedAt), geri alındığı ya da İYS "
    "durumunun öğrenildiği gün. consentDate daha eski olabilir; her gece son aldığınız günü verin, until vermeyin. "
    "status boşsa burada verilmiş bir karar kalmamıştır."
)


class ExportQuery(Strict):
    format: Format = Format.CSV
    type: Channel | Absent = None
    status: Status | Absent = Field(None, description=REFUSED)
    recipientType: RecipientType | Absent = None
    maySend: bool | Absent = Field(None, description=N_("true: yalnız şimdi ileti gönderilebilecekler (consents)."))
    since: date | Absent = Field(None, description=SINCE)
    until: date | Absent = Field(None, description=N_("Son gün, since gibi; o gün dahil."))
