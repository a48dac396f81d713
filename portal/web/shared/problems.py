"""Errors of the API as problem+json (RFC 9457), each in Turkish and English and with what to do about it."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from flask import Response, current_app, request
from flask_babel import force_locale, gettext
from werkzeug.exceptions import HTTPException

from portal.core.addresses.problems import ExplainedProblem
from portal.core.lazy_text import N_

API = "/api/"
DOCS = "/api/docs"


class ApiProblem(ExplainedProblem):
    """Why a request is refused as a whole."""

    # fmt: off
    KEY_MISSING = ("key_missing", N_("İstekte API anahtarı yok."),
                   N_("Anahtarı “Authorization: Bearer izl_…” başlığıyla gönderin."))
    KEY_UNKNOWN = ("key_unknown", N_("Bu API anahtarı geçersiz: yanlış yazılmış, iptal edilmiş ya da süresi dolmuş."),
                   N_("Panelde Firma, API sayfasından geçerli bir anahtar alın."))
    NETWORK = ("network", N_("İstek, firmanızın izin verdiği ağların dışından geliyor."),
               N_("Sunucunuzun çıkış adresini paneldeki ağ listesine ekletin."))
    SCOPE_MISSING = ("scope_missing", N_("Bu anahtarın bu iş için yetkisi yok."),
                     N_("Firma sahibinden bu yetkiyi taşıyan bir anahtar isteyin."))
    BRAND_UNKNOWN = ("brand_unknown", N_("Bu anahtarla ulaşılabilen böyle bir marka yok."),
                     N_("Marka kodunu GET /brands yanıtından alın."))
    NOT_FOUND = ("not_found", N_("Böyle bir kayıt yok."),
                 N_("Adresi ve numarayı kontrol edin; yoldaki kanal ARAMA, MESAJ ya da EPOSTA'dır."))
    METHOD = ("method_not_allowed", N_("Bu adres bu yöntemle çağrılmaz."),
              N_("“Allow” başlığındaki yöntemlerden birini kullanın."))
    NOT_JSON = ("not_json", N_("Gövde okunamadı."),
                N_(
                    "Gövdeyi “Content-Type: application/json” başlığıyla (yoksa 415), UTF-8 ve geçerli JSON olarak "
                    "(değilse 400) gönderin."
                ))
    INVALID = ("invalid", N_("İstekte eksik, yanlış ya da bilinmeyen alanlar var."),
               N_("“errors” listesindeki alanları düzeltin."))
    CURSOR_LOST = ("cursor_lost", N_("Bu imleçten sonraki olayların bir kısmı artık saklanmıyor."),
                   N_("Bütün izinleri GET …/consents ile yeniden alın, sonra onun eventsCursor değeriyle sürdürün."))
    TOO_LARGE = "too_large", N_("Gövde çok büyük."), N_("Listeyi bölüp birkaç istekte gönderin.")
    IDEMPOTENCY_KEY_REUSED = (
        "idempotency_key_reused",
        N_("Bu Idempotency-Key son 72 saatte başka bir gövdeyle kullanıldı."),
        N_("Yeni iş için yeni bir değer üretin."),
    )
    IDEMPOTENCY_KEY = (
        "idempotency_key_invalid",
        N_("Idempotency-Key başlığı yok ya da uzunluğu 8–200 karakter değil."),
        N_("Her yeni iş için rastgele 8–200 karakter üretip bu başlıkla gönderin; aynı işi yinelerken değiştirmeyin."),
    )
    WRONG_STATE = ("wrong_state", N_("Kaydın şu andaki durumu buna izin vermiyor."),
                   N_("Durumunu yeniden okuyun: bu arada başlatılmış, kapatılmış ya da ilerlemiş olabilir."))
    NOT_READY = ("not_ready", N_("Başlamak için eksikler var."), N_("“errors” listesindekileri tamamlayın."))
    PERSON_NEEDED = ("person_needed", N_("Buna bir program karar veremez; bir kişinin bakıp onaylaması gerekir."),
                     N_("Firmanızdan yetkili biri “page” alanındaki sayfayı açıp oradan sürdürsün."))
    PACKAGE_FULL = ("package_full", N_("Paket dolu: yeni adres alınmıyor."),
                    N_("Paketi yükseltin; retler ve bilinen adresler bundan etkilenmez."))
    PROFILE_UNKNOWN = ("profile_unknown", N_("Bu adla bir sütun düzeni yok."),
                       N_("Panelde böyle bir dosyayı bir kez aktarırken düzene bu adı verin."))
    TOO_MANY = ("too_many_requests", N_("Kısa sürede çok fazla istek geldi."),
                N_("“Retry-After” başlığındaki saniye kadar bekleyip yineleyin."))
    RETAILER_IN_USE = ("retailer_in_use", N_("Bu bayi İYS'de ya da oraya giden bir izne bağlı; bağlı bayi silinemez."),
                       N_("Önce bayinin izinlere erişimini kaldırın."))
    TOO_MANY_WEBHOOKS = "too_many_webhooks", N_("Firmanın en çok 10 webhook adresi olabilir."), N_("Önce birini silin.")
    IYS_REFUSED = "iys_refused", N_("İYS isteği kabul etmedi."), N_("“iysCode” alanındaki kodun nedenini giderin.")
    IYS_UNAVAILABLE = ("iys_unavailable", N_("İYS'ye şu anda ulaşılamıyor ya da hesabınızla işlem yapılamıyor."),
                       N_("Birazdan aynı Idempotency-Key ile yineleyin; iş iki kez yapılmaz."))
    MAINTENANCE = ("maintenance", N_("Bakım yapılıyor: yalnız sorular ve retler alınıyor."),
                   N_("“Retry-After” başlığındaki saniye kadar bekleyip aynı Idempotency-Key ile yineleyin."))
    BAD_REQUEST = "bad_request", N_("İstek anlaşılamadı."), N_("İsteği belgelere göre düzeltin.")
    SERVER_ERROR = ("server_error", N_("Bizde bir hata oldu."),
                    N_("Aynı Idempotency-Key ile yineleyin; iş iki kez yapılmaz."))
    # fmt: on


STATUSES: dict[ExplainedProblem, int] = {
    ApiProblem.KEY_MISSING: 401, ApiProblem.KEY_UNKNOWN: 401, ApiProblem.NETWORK: 403, ApiProblem.SCOPE_MISSING: 403,
    ApiProblem.BRAND_UNKNOWN: 404, ApiProblem.NOT_FOUND: 404, ApiProblem.METHOD: 405, ApiProblem.TOO_LARGE: 413,
    ApiProblem.NOT_JSON: 415, ApiProblem.INVALID: 422, ApiProblem.IDEMPOTENCY_KEY_REUSED: 422,
    ApiProblem.IDEMPOTENCY_KEY: 422,
    ApiProblem.TOO_MANY: 429, ApiProblem.BAD_REQUEST: 400,
    ApiProblem.SERVER_ERROR: 500, ApiProblem.WRONG_STATE: 409, ApiProblem.NOT_READY: 409,
    ApiProblem.PROFILE_UNKNOWN: 422,
    ApiProblem.PERSON_NEEDED: 409, ApiProblem.PACKAGE_FULL: 403, ApiProblem.CURSOR_LOST: 410,
    ApiProblem.RETAILER_IN_USE: 409, ApiProblem.IYS_REFUSED: 422, ApiProblem.IYS_UNAVAILABLE: 503,
    ApiProblem.MAINTENANCE: 503,
    ApiProblem.TOO_MANY_WEBHOOKS: 409,
}  # fmt: skip
PROBLEMS_BY_STATUS = {
    404: ApiProblem.NOT_FOUND, 405: ApiProblem.METHOD, 413: ApiProblem.TOO_LARGE, 415: ApiProblem.NOT_JSON,
    429: ApiProblem.TOO_MANY,
}  # fmt: skip
_SHORT = "field_invalid", N_("Boş ya da çok kısa.")
_LONG = "field_invalid", N_("Çok uzun.")
_BEYOND = "field_invalid", N_("Sayı sınırların dışında; belgelerde alanın yanında yazar.")
_NO_VALUE = "field_invalid", N_("Alınan değerlerden biri değil; değerler belgelerde yazar.")
FIELD_INVALID = "field_invalid", N_("Yanlış türde ya da biçimde.")
FIELD_PROBLEMS = {  # By pydantic's type of an error: the code, and what it says.
    "extra_forbidden": ("unknown_field", N_("Böyle bir alan yok.")), "missing": ("field_missing", N_("Alan eksik.")),
    "too_short": _SHORT, "string_too_short": _SHORT, "too_long": _LONG, "string_too_long": _LONG, "enum": _NO_VALUE,
    "literal_error": _NO_VALUE, "less_than_equal": _BEYOND, "greater_than_equal": _BEYOND,
}  # fmt: skip
RETRYABLE = (429, 500, 503)


def problem_response(
    found: ExplainedProblem, *, status: int | None = None, headers: Mapping[str, str] | None = None, **members: Any
) -> Response:
    """The answer for a request that is refused as a whole; `members` replace those of the body. 422 where the problem
    has no status of its own."""
    status = status or STATUSES.get(found, 422)
    return body_response(problem_body(found.value, found.sentence, found.cure, status=status) | members, headers)


def body_response(body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """A problem's body as an answer."""
    answer = Response(json.dumps(body), body["status"], mimetype="application/problem+json")
    answer.headers.extend(headers or {})
    return answer


def problem_body(code: str, sentence: str, cure: str, *, status: int, iys_code: str | None = None) -> dict[str, Any]:
    """A problem's body from its code and msgids."""
    docs = f"{current_app.config['MAIN_BASE']}{DOCS}#{code}"
    return {
        "type": docs, "title": in_english(sentence), "titleTr": sentence, "status": status, "code": code,
        "iysCode": iys_code, "fix": in_english(cure), "fixTr": cure, "retryable": status in RETRYABLE, "docs": docs,
        "errors": None, "scope": None, "page": None,
    }  # fmt: skip


def field_problem_body(found: ExplainedProblem, field: str, **members: Any) -> dict[str, Any]:
    """A problem's body that names the field that is wrong."""
    body = problem_body(found.value, found.sentence, found.cure, status=STATUSES.get(found, 422), **members)
    return body | {"errors": [field_error(field, found.value, found.sentence)]}


def field_error(field: str, code: str, sentence: str) -> dict[str, str]:
    """What is wrong with a field, from a msgid."""
    return {"field": field, "code": code, "title": in_english(sentence), "titleTr": sentence}


def http_error_response(error: HTTPException) -> Response:
    """The answer for an error that the server itself raised below the API's address."""
    code = error.code or 500
    found = PROBLEMS_BY_STATUS.get(code, ApiProblem.SERVER_ERROR if code >= 500 else ApiProblem.BAD_REQUEST)
    kept = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    return problem_response(found, status=code, headers=kept)


def is_api_request() -> bool:
    """Whether this request is for a program, which wants no page."""
    return request.path.startswith(API) and not request.path.startswith(DOCS)


def field_errors(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """What pydantic says of a body, without the values: they may be addresses."""
    return [
        field_error(".".join(map(str, each["loc"])), *FIELD_PROBLEMS.get(each["type"], FIELD_INVALID))
        for each in errors
    ]


@lru_cache(maxsize=512)
def in_english(msgid: str) -> str:
    """A msgid's English text; each is looked up once."""
    with force_locale("en"):
        return str(gettext(msgid))
