"""What may be wrong with a row of a request, and how it is told: as problem+json, with İYS's code where it has one."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from portal.api.v1.schemas import MAX_ID
from portal.core import iys_protocol
from portal.core.addresses import AddressProblem
from portal.core.addresses.problems import ExplainedProblem
from portal.core.iys_protocol import Channel
from portal.core.lazy_text import N_
from portal.domain.consents.bulk_import import Effect
from portal.domain.identity.permissions import Scope
from portal.services.imports.row_results import IYS_CODES, RowProblem
from portal.web.shared import problems

# The names of problems with rows, by İYS's code; the first of several bears it.
PROBLEM_NAMES = {code: value for value, code in reversed(IYS_CODES.items()) if value in tuple(RowProblem) and code}
PROBLEM_NAMES |= {"H114": AddressProblem.EMPTY.value, "H462": PROBLEM_NAMES["H112"], "H463": PROBLEM_NAMES["H113"]}


class ApiRowProblem(ExplainedProblem):
    """Why a row is not taken, beside İYS's reasons."""

    # fmt: off
    NOT_OBJECT = "not_object", N_("Satır bir JSON nesnesi değil."), N_("Her satırı { } içinde gönderin.")
    UNKNOWN_FIELD = ("unknown_field", N_("Satırda bilinmeyen bir alan var."),
                     N_("“errors” listesindeki alanı kaldırın ya da adını düzeltin."))
    OTHER_BRAND = ("other_brand", N_("Satırda adresteki markanın değil, başka bir markanın kodu ya da adı yazıyor."),
                   N_("O markanınsa satırı, reddi de, o markanın adresine gönderin; bu markanınsa alanı kaldırın."))
    NO_SMS = ("no_sms", N_("Sabit hatta SMS gitmez."),
              N_("Cep numarasını yazın; bu numara için SMS onayı değil, yalnız SMS reddi bildirilir."))
    FIELD_INVALID = ("field_invalid", N_("Satırdaki bir alan eksik, yanlış türde ya da çok uzun."),
                     N_("“errors” listesindeki alanı düzeltin."))
    SENT_AT = ("sent_at_invalid", N_("Gönderim anı okunamadı, gelecekte ya da üç yıldan eski."),
               N_("sentAt alanına 2026-11-24 14:02:00 (Türkiye saati) gibi ya da saat dilimiyle ISO 8601 yazın."))
    EVIDENCE_MISSING = ("evidence_missing",
                        N_("Onayın dayanağı yazmıyor; “yok”, “var”, “-” ya da “x” dayanak değildir."),
                        N_("Onayı hangi formun, siparişin ya da kaydın kanıtladığını “evidence” alanına yazın."))
    EVIDENCE_REFUSES = ("evidence_refuses", N_("Onayın dayanağında ret anlamına gelebilecek bir söz var."),
                        N_("Kişi reddettiyse “status”: “RET” gönderin. Onayladıysa “evidence” yalnız onayın nerede, "
                           "nasıl alındığını söylesin (Üyelik formu 2026-118); ret, iptal, çıkış gibi söz geçmesin."))
    CONFIRM = (
        "confirm_not_offered",
        N_("Başka yerde verilmiş bir onayın aynı gün bildirimini İzinlink göndermez."),
        N_("Kişiye siz bildirin ve “confirm”: false gönderin; ya da onayı izin noktası bağlantısıyla alın."),
    )
    BEFORE_2015 = ("before_2015", N_("1 Mayıs 2015'ten önceki onaylar API ile alınmaz."),
                   N_("Bunları panelden dosya olarak aktarın; orada bir kişi onların eski olduğuna kefil olur."))
    OVER_REFUSAL = (
        "over_refusal",
        N_("Kişi bu tarihten önce kendisi reddetti."),
        N_("Sonra yeniden onay verdiyse ve kanıtı elinizdeyse “grantedAgain”: true gönderin; tarih yanlışsa düzeltin."),
    )
    SUSPENDED = ("suspended", N_("Firma ya da marka durdurulmuş; yalnız ret alınır."),
                 N_("Durum panelde yazıyor; kalkınca onayı yeniden gönderin."))
    GRANT_SCOPE = ("scope_missing", N_("Bu anahtar onay bildiremez, yalnız ret bildirir."),
                   N_("Firma sahibinden consents:grant yetkisi olan bir anahtar isteyin."))
    PACKAGE_FULL = ("package_full", N_("Paket dolu: yeni adres alınmıyor."),
                    N_("Paketi yükseltin; retler ve bilinen adresler bundan etkilenmez."))
    MAINTENANCE = ("maintenance", N_("Bakım yapılıyor: bu istekten yalnız retler alındı."),
                   N_("Bakım bitince onayı yeni bir Idempotency-Key ile yeniden gönderin."))
    # fmt: on


Row = TypeVar("Row", bound=BaseModel)
ROW_STATUSES: dict[ExplainedProblem, int] = {
    ApiRowProblem.OVER_REFUSAL: 409, ApiRowProblem.SUSPENDED: 403, ApiRowProblem.GRANT_SCOPE: 403,
    ApiRowProblem.PACKAGE_FULL: 403, ApiRowProblem.MAINTENANCE: 503,
}  # fmt: skip


@dataclass(frozen=True)
class BadRow:
    """A row that is not taken: why, İYS's code for it, and the field that is wrong."""

    problem: ExplainedProblem | None  # None: İYS's code says it.
    iys_code: str = ""
    wrong_field: str = ""

    def body(self) -> dict[str, Any]:
        """As problem+json."""
        if self.problem is not None:
            status = ROW_STATUSES.get(self.problem, 422)
            told = self.problem.value, self.problem.sentence, self.problem.cure
            body = problems.problem_body(*told, status=status, iys_code=self.iys_code or None)
        else:
            code = self.iys_code
            told = PROBLEM_NAMES.get(code, code.lower()), iys_protocol.sentence_of(code), iys_protocol.cure_of(code)
            body = problems.problem_body(*told, status=422, iys_code=code)
        wrong = [problems.field_error(self.wrong_field, body["code"], body["titleTr"])]
        scope = Scope.GRANT if self.problem == ApiRowProblem.GRANT_SCOPE else None
        return body | {"errors": wrong if self.wrong_field else None, "scope": scope}


EFFECT_PROBLEMS = {  # Effects that write nothing because something is wrong.
    Effect.OVER_REFUSAL: BadRow(ApiRowProblem.OVER_REFUSAL),
    Effect.UNDATED: BadRow(None, "H462", "consentDate"),
    Effect.UNSOURCED: BadRow(None, "H463", "source"),
}


def validate_row(model: type[Row], row: object) -> Row | BadRow:
    """A row of a list as its model has it, or what is wrong with its first wrong field."""
    if not isinstance(row, dict):
        return BadRow(ApiRowProblem.NOT_OBJECT)
    try:
        return model.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        is_unknown = first["type"] == "extra_forbidden"
        problem = ApiRowProblem.UNKNOWN_FIELD if is_unknown else ApiRowProblem.FIELD_INVALID
        return BadRow(problem, "", str(first["loc"][0])[:MAX_ID])


def find_unfit(channel: object, served: Collection[Channel]) -> BadRow | None:
    """What is wrong with a channel, where it is one, of an address that is served by others."""
    if channel not in tuple(Channel) or channel in served:
        return None
    is_landline = channel == Channel.SMS and Channel.CALL in served
    return BadRow(ApiRowProblem.NO_SMS if is_landline else RowProblem.CHANNEL_UNFIT, "H464", "type")
