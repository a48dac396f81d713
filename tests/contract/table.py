"""İYS's API as we rely on it, in one place: paths, fields, limits and codes.

Registry, client and sandbox are held to it, and `bin/test contract` holds it to İYS's own document (3.2.0, 25/02/2026).
"""

from dataclasses import dataclass

from portal.core.iys_protocol import RETAILER_STATES, Channel, Operation, RecipientType, Source, Status

CORE = {401: "H351", 403: "H353 H520 H521 H524 H586", 429: "H124"}
SUBSCRIPTIONS = {401: "H251 H351", 403: "H353 H586", 404: "H437", 429: "H124", 500: "H015"}
CONSENT = ("recipient", "type", "source", "status", "consentDate", "recipientType", "retailerCode", "retailerAccess")
KEY = ("recipient", "recipientType", "type")
DATES = {422: "H501 H502"}
FIELDS = (
    "H110 H111 H112 H113 H114 H115 H116 H117 H118 H119 H120 H121 H122 H126 H155 H156 H157 H158 H160 H162 H163 H408 "
    "H464 H467"
)
ONE_KEY = "H111 H114 H116 H117 H120 H121 H122 H166 H170 H464"
MOVEMENT = (
    "consentDate", "creationDate", "source", "recipient", "recipientType", "status", "type", "transactionId",
)  # fmt: skip
PARTNER_BRAND = (
    "brandCode", "name", "master", "title", "iysCode", "agreementControl", "MESAJ", "ARAMA", "EPOSTA", "viaControl",
)  # fmt: skip
PAGE = ("pagination", "offset", "pageSize", "totalCount", "list")
SHOP_NEEDS = ("title", "name", "tckn", "tin", "city", "town")
SHOP = (*SHOP_NEEDS, "mersis", "alias", "mobile", "status")
RETAILER = (
    "H201 H214 H215 H216 H217 H218 H219 H220 H221 H222 H224 H225 H226 H227 H228 H229 H243 H244 H288"
)  # fmt: skip
CONNECTION = ("url", "type", "username", "password")


def codes(*of: dict[int, str]) -> dict[int, frozenset[str]]:
    """Codes by HTTP status, of several lists."""
    by_status: dict[int, set[str]] = {}
    for each in of:
        for status, words in each.items():
            by_status.setdefault(status, set()).update(words.split())
    return {status: frozenset(found) for status, found in by_status.items()}


@dataclass(frozen=True)
class Endpoint:
    """One endpoint: where, what it takes and must have, what a success says, and the codes it may answer.

    `needs` are the required ones of `takes`; `tells` are all names that occur in a success, at any depth, and `always`
    those we cannot do without. Names of a list's items count as names.
    """

    question: Operation
    method: str
    path: str
    success: tuple[int, ...]
    codes: dict[int, frozenset[str]]
    takes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    always: tuple[str, ...] = ()
    is_a_list: bool = False  # The success is a bare list.
    media: str = "application/json"
    words: tuple[tuple[str, set[str]], ...] = ()  # Of a field that means something else elsewhere.


SPS, BRAND = "/sps/{iysCode}", "/sps/{iysCode}/brands/{brandCode}"

TABLE = (
    Endpoint(
        Operation.TOKEN, "POST", "/oauth2/token", (200,),
        codes({429: "H084", 500: "H015"}),
        takes=("username", "password", "grant_type", "refresh_token"), needs=("grant_type",),
        tells=("access_token", "refresh_token", "expires_in", "refresh_expires_in", "token_type"),
        always=("access_token", "refresh_token", "expires_in", "refresh_expires_in"),
    ),
    Endpoint(
        Operation.ADD, "POST", f"/v2{BRAND}/consents", (200,),
        codes(
            CORE,
            {400: "H014 H085 H123 H174 H175 H178 H267 H462 H463 H467 H486", 403: "H180", 422: f"{FIELDS} H525"},
            {500: "H101 H103 H470 H476", 503: "H192"},
        ),
        takes=CONSENT, needs=CONSENT[:5],
        tells=("transactionId", "creationDate"), always=("transactionId", "creationDate"),
    ),
    Endpoint(
        Operation.BULK_ADD, "POST", f"/v2{BRAND}/consents/request", (202,),
        codes(
            CORE,
            {400: "H014 H092 H123 H266", 403: "H180", 422: f"{FIELDS} H091 H194 H525"},
            {500: "H103 H470", 503: "H192"},
        ),
        takes=CONSENT, needs=CONSENT[:5],
        tells=("requestId", "subRequests", "subRequestId", "subrequestId", "creationDate", *CONSENT[:6]),
        always=("requestId", "subRequests"),
    ),
    Endpoint(
        Operation.BULK_RESULT, "GET", f"/v2{BRAND}/consents/request/{{requestId}}", (200,),
        codes(CORE, {422: "H198 H199 H400", 500: "H103 H470"}),
        tells=(
            "index", "status", "subRequestId", "subrequestId", "transactionId", "requestId", "creationDate", "error",
            "code", "message", "isAddConsentV2Service", "originalRequestInformation",
        ),
        always=("index", "status"), is_a_list=True,
    ),
    Endpoint(
        Operation.STATUS, "POST", f"{BRAND}/consents/status", (200,),
        codes(
            CORE,
            {400: "H014 H097 H403", 422: ONE_KEY, 429: "H086", 500: "H103 H470"},
        ),
        takes=KEY, needs=KEY,
        tells=(*MOVEMENT, "retailerAccessCount", "retailerTitle", "retailerCode"),
    ),
    Endpoint(
        Operation.MULTI_STATUS, "POST", f"{BRAND}/consents/{{recipientType}}/status/{{type}}", (200,),
        codes(
            CORE,
            {400: "H014", 422: "H091 H116 H117 H120 H121 H125 H164 H168 H193 H464 H478", 500: "H103"},
        ),
        takes=("recipients",), needs=("recipients",),
        tells=("requestId", "list"), always=("list",),
    ),
    Endpoint(
        Operation.HISTORY, "POST", f"{BRAND}/consents/history", (200,),
        codes(
            CORE,
            {400: "H014 H097", 422: f"{ONE_KEY} H182 H183 H186 H187", 429: "H089", 500: "H103"},
        ),
        takes=KEY, needs=KEY, query=("limit", "offset"),
        tells=(*PAGE, *MOVEMENT), always=("list", "pagination"),
    ),
    Endpoint(
        Operation.CHANGES, "GET", f"{BRAND}/consents/changes", (200, 204),
        codes(CORE, {422: "H506 H507", 500: "H103"}),
        query=("after", "limit", "source"),
        tells=("after", "list", *MOVEMENT, "citizenName"), always=("after", "list"),
    ),
    Endpoint(
        Operation.PUSH_REGISTER, "POST", f"{BRAND}/push/registration", (200,),
        codes({401: "H351", 403: "H353 H586", 400: "H014"}, {422: "H093 H111 H117 H191 H530 H531", 500: "H412"}),
        takes=("connection", *CONNECTION), needs=("connection", *CONNECTION),
        tells=("message",), always=("message",),
    ),
    Endpoint(
        Operation.PUSH_LIST, "GET", f"{BRAND}/push/registration", (200,),
        codes({401: "H351", 403: "H353 H586", 500: "H015"}),
        tells=("url", "type", "status", "registerTime"), always=("url", "type", "status"), is_a_list=True,
    ),
    Endpoint(
        Operation.PUSH_REMOVE, "POST", f"{BRAND}/push/unregistration", (200,),
        codes({401: "H351", 403: "H353 H586", 400: "H014"}, {422: "H093 H111 H117 H191 H530 H531", 500: "H412"}),
        takes=CONNECTION, needs=CONNECTION,
        tells=("message",), always=("message",),
    ),
    Endpoint(
        Operation.BRANDS, "GET", f"{SPS}/brands", (200,),
        codes(CORE, {404: "H001", 500: "H015"}),
        tells=("brandCode", "name", "master", "stats", "consents", "approval", "rejection", "total", "retailers"),
        always=("brandCode", "name", "master"), is_a_list=True,
    ),
    Endpoint(
        Operation.PARTNER_BRANDS, "GET", "/integrator/{integratorCode}/sps", (200,),
        codes(
            {401: "H351", 403: "H353 H520 H521 H524", 429: "H124", 400: "H363", 404: "H031"},
            {422: "H182 H183 H186 H187", 500: "H015 H245 H268 H470"},
        ),
        query=("limit", "offset"),
        tells=(*PAGE, *PARTNER_BRAND), always=("list", "brandCode", "iysCode", "title", "MESAJ", "ARAMA", "EPOSTA"),
    ),
    Endpoint(
        Operation.PARTNER_BRANDS, "GET", "/integrator/{integratorCode}/sps/{iysCode}", (200,),
        codes(
            {401: "H351", 403: "H353 H520 H521 H524", 429: "H124", 400: "H363", 404: "H031"},
            {422: "H182 H183 H186 H187", 500: "H015 H245 H268 H470"},
        ),
        tells=(*PAGE, *PARTNER_BRAND), always=("list", "brandCode", "iysCode", "title", "MESAJ", "ARAMA", "EPOSTA"),
    ),
    Endpoint(
        Operation.SUBSCRIPTION, "GET", f"{SPS}/subscription", (200,),
        codes(SUBSCRIPTIONS),
        tells=(
            "startDate", "expirationDate", "subscriptionPackageName", "subscriptionId", "subscipritionId", "status",
            "consentLimit", "consentLimitExceed", "usedConsentLimit",
        ),
        always=("startDate", "expirationDate", "subscriptionPackageName", "status"),
    ),
    Endpoint(
        Operation.PARTNER_SUBSCRIPTION, "GET", "/integrator/{integratorCode}/subscription", (200,),
        codes(SUBSCRIPTIONS, {400: "H522"}),
        tells=("startDate", "expirationDate", "subscriptionPackageName", "subscriptionId", "status", "iysCode"),
        always=("startDate", "expirationDate", "subscriptionPackageName", "status"),
    ),
    Endpoint(
        Operation.RETAILER_ADD, "POST", f"{BRAND}/retailers", (201,),
        codes(
            CORE,
            {400: f"{RETAILER} H014 H016 H017 H067 H230 H231 H250 H252 H253", 401: "H251", 404: "H001 H018"},
            {500: "H015 H060 H062"},
        ),
        takes=(*SHOP, "code"), needs=SHOP_NEEDS, words=(("status", set(RETAILER_STATES)),),
        tells=("retailerCode",), always=("retailerCode",),
    ),
    Endpoint(
        Operation.RETAILERS, "GET", f"{BRAND}/retailers", (200,),
        codes(CORE, {400: "H250 H252", 401: "H251", 422: "H182 H183 H184 H185 H186 H187", 500: "H470"}),
        query=("offset", "limit", "all", "short"),
        tells=(*PAGE, "currentPage", *SHOP, "code", "retailerAccessCount", "retailerCode"),
        always=("pagination", "list", "title", "retailerCode"),
    ),
    Endpoint(
        Operation.RETAILER, "GET", f"{BRAND}/retailers/{{retailerCode}}", (200,),
        codes(CORE, {400: "H250 H252", 401: "H251", 500: "H015"}),
        tells=(*SHOP, "code", "retailerAccessCount"), always=("title",),
    ),
    Endpoint(
        Operation.RETAILER_REMOVE, "DELETE", f"{BRAND}/retailers/{{retailerCode}}", (200,),
        codes(CORE, {400: "H061 H250 H252", 401: "H251", 403: "H180", 404: "H001 H018 H058", 500: "H061 H103"}),
        media="text/plain",
    ),
    Endpoint(
        Operation.ACCESS_ADD, "POST", f"{BRAND}/consents/retailers/access", (200,),
        codes(
            CORE,
            {400: "H014 H090 H401", 403: "H180", 422: f"{ONE_KEY} H126 H127 H163 H168 H169", 500: "H101 H103 H470"},
        ),
        takes=(*KEY, "retailerAccess"), needs=(*KEY, "retailerAccess"),
        tells=("transactionId", "creationDate"), always=("transactionId",),
    ),
    Endpoint(
        Operation.ACCESS_LIST, "POST", f"{BRAND}/consent/retailers/access/list", (200,),
        codes(CORE, {400: "H014 H173", 422: f"{ONE_KEY} H182 H183 H186 H187", 500: "H103 H470"}),
        takes=KEY, needs=KEY, query=("offset", "limit"),
        tells=(*PAGE, "title", "name", "tckn", "city", "town", "mersis", "alias", "mobile", "code", "retailerCode"),
        always=("pagination", "list", "retailerCode"),
    ),
    Endpoint(
        Operation.ACCESS_REMOVE, "POST", f"{BRAND}/consents/retailers/access/remove", (202, 200),
        codes(
            CORE,
            {400: "H014 H172", 403: "H180", 404: "H001 H018 H058"},
            {422: "H111 H116 H117 H120 H121 H122 H126 H127 H163 H164 H168 H169 H170 H193 H464 H478", 500: "H103 H470"},
        ),
        takes=("type", "recipientType", "recipients", "retailerAccess"),
        needs=("type", "recipientType", "recipients", "retailerAccess"),
    ),
    Endpoint(
        Operation.TOWNS, "GET", "/info/town", (200,), codes({400: "H082", 401: "H351"}),
        tells=("name", "code", "city_code", "cityCode"), always=("name", "code"), is_a_list=True,
    ),
    Endpoint(
        Operation.ACCESS_REPLACE, "PUT", f"{BRAND}/consents/retailers/access", (202,),
        codes(
            CORE,
            {400: "H014 H171", 403: "H180"},
            {422: "H111 H116 H117 H120 H121 H122 H126 H127 H163 H164 H168 H169 H170 H193 H464 H478", 500: "H103 H470"},
        ),
        takes=("type", "recipientType", "recipients", "retailerAccess"),
        needs=("type", "recipientType", "recipients", "retailerAccess"), media="",
    ),
    Endpoint(
        Operation.ACCESS_CLEAR, "POST", f"{BRAND}/consents/retailers/access/remove/all", (202,),
        codes(
            CORE,
            {400: "H014 H172"},
            {422: "H111 H116 H117 H120 H121 H122 H127 H164 H168 H170 H193 H464 H478", 500: "H015 H103 H470"},
        ),
        takes=("type", "recipientType", "recipients"), needs=("type", "recipientType", "recipients"),
        media="",
    ),
    Endpoint(
        Operation.SUMMARY, "GET", f"{BRAND}/changes/{{reportDate}}/recipients/{{recipientType}}", (200,),
        codes(CORE, DATES, {422: "H116", 500: "H103"}),
        tells=("changeStats", "type", "consents", "source", "approval", "rejection", "pending", "total"),
        always=("changeStats",),
    ),
    Endpoint(
        Operation.FILE, "GET", f"{BRAND}/changes/{{reportDate}}/file", (200, 204),
        codes(CORE, DATES, {500: "H103"}),
        media="text/csv",
    ),
    Endpoint(
        Operation.AGREEMENT, "GET", f"{BRAND}/agreements/{{reportDate}}", (200, 204),
        codes(CORE, DATES, {500: "H103"}),
        tells=("processStatus", "hashValue", "hashMethod", "agreementStatus"), always=("processStatus",),
    ),
    Endpoint(
        Operation.AGREE, "PUT", f"{BRAND}/agreements/{{reportDate}}", (200, 204),
        codes(CORE, DATES, {400: "H014", 422: "H512", 500: "H101"}),
        takes=("agreementStatus",), needs=("agreementStatus",),
        tells=("agreementCaptured",), always=("agreementCaptured",),
    ),
    Endpoint(
        Operation.TIMESTAMP, "GET", f"{BRAND}/agreements/{{reportDate}}/timestamp", (200,),
        codes(CORE, DATES, {500: "H103"}),
        media="text/plain",
    ),
)  # fmt: skip

# What İYS offers and we never call; the sandbox answers it so that a mistake of ours is seen as one.
ALSO_ANSWERED = (
    ("POST", f"{BRAND}/consents"),
    ("POST", f"{BRAND}/consents/request"),
    ("GET", f"{BRAND}/consents/request/{{requestId}}"),
)

WORDS = {
    "type": {each.value for each in Channel},
    "recipientType": {each.value for each in RecipientType},
    "status": {each.value for each in Status},
    "source": {each.value for each in Source},
}


@dataclass(frozen=True)
class Limit:
    """A number of İYS, and the words of its document that say it (a regular expression)."""

    says: int
    words: str


LIMITS = {
    "calls a second": Limit(10, r"Bir IP adresinden saniyede en fazla `10` istek yapılabilir"),
    "token": Limit(10, r"Jeton alma servisine bir IP adresinden saatte en fazla 10 istek yapılabilir"),
    "status": Limit(1000, r"Tekil izin durumu sorgulama servisine bir IP adresinden saatte en fazla 1000 istek"),
    "history": Limit(100, r"İzin geçmişi listeleme servisine bir IP adresinden saatte en fazla 100 istek"),
    "consents in a list": Limit(1000, r"H091\s*\|\s*422\s*\|[^|]*1000"),
    "seconds until a result": Limit(300, r"minimum 300 saniye sonra"),
    "days a result is kept": Limit(60, r"son 60 gün içerisindeki"),
    "rows of a pull": Limit(1000, r"H507[^|]{0,200}1000|1000[^|]{0,200}H507"),
    "calls before the ratio counts": Limit(20_000, r"son 24 saat içinde 20\.?\s*000"),
    "percent that must succeed": Limit(70, r"%70'in altına düşmesi"),
    "hours until the address is thrown out": Limit(96, r"`96` saat"),
}


def of(question: Operation) -> Endpoint:
    """The first endpoint of a question."""
    return next(each for each in TABLE if each.question == question)


def named(endpoint: Endpoint) -> str:
    """How a test calls it."""
    return f"{endpoint.question.value} {endpoint.method} {endpoint.path}"
