"""Examples of retailers."""

from typing import Any

from portal.api.documentation.example import OF_BRAND, PHONE, Example, problem_example

CODE = 58954386
_ONE: dict[str, Any] = {
    "title": "XYZ Ticaret", "name": "Fatma Çelik", "tckn": "57703411244", "tin": "8450525470",
    "city": {"code": "34", "name": "İstanbul"}, "town": {"code": "429", "name": "Kadıköy"}, "alias": "Kadıköy mağazası",
}  # fmt: skip
_LISTED = _ONE | {"mersis": None, "mobile": None, "status": "active", "retailerAccessCount": 0, "retailerCode": CODE}
_WITH_ACCESS = _LISTED | {"tin": None, "status": None, "retailerAccessCount": None}
_CONSENT = {"recipient": PHONE, "type": "MESAJ"}
_ACCESS = _CONSENT | {"retailerAccess": [CODE]}
_WRONG = [{"field": "tckn", "code": "H226", "title": "…", "titleTr": "Bayi kaydında bir alan geçerli değil."}]
EXAMPLES = (
    Example("listTowns", f"{OF_BRAND}/retailers/towns", None, 200,
            {"items": [{"code": "429", "name": "Kadıköy", "cityCode": "34"}]}),
    Example("addRetailer", f"{OF_BRAND}/retailers", _ONE, 200, {"retailerCode": CODE}),
    Example("addRetailer", f"{OF_BRAND}/retailers", _ONE | {"tckn": "5770341124"}, 422, problem_example(
        "invalid", 422, "Fields of the request are missing, wrong or unknown.",
        "İstekte eksik, yanlış ya da bilinmeyen alanlar var.", iysCode="H226", errors=_WRONG,
    )),
    Example("listRetailers", f"{OF_BRAND}/retailers", None, 200,
            {"items": [_LISTED], "total": 1, "nextCursor": None}),
    Example("showRetailer", f"{OF_BRAND}/retailers/{CODE}", None, 200, _LISTED),
    Example("addAccess", f"{OF_BRAND}/retailers/access", _ACCESS, 200, {"retailerAccess": [CODE]}),
    Example("listAccess", f"{OF_BRAND}/retailers/access/query", _CONSENT, 200,
            {"items": [_WITH_ACCESS], "total": 1, "nextCursor": None}),
    Example("removeRetailer", f"{OF_BRAND}/retailers/{CODE}", None, 409, problem_example(
        "retailer_in_use", 409,
        "A consent at İYS, or on its way there, refers to this retailer; such a retailer cannot be removed.",
        "Bu bayi İYS'de ya da oraya giden bir izne bağlı; bağlı bayi silinemez.", iysCode="H061",
    )),
    Example("replaceAccess", f"{OF_BRAND}/retailers/access", _ACCESS, 200, {"retailerAccess": [CODE]}),
    Example("replaceAccess", f"{OF_BRAND}/retailers/access", _CONSENT | {"retailerAccess": []}, 200,
            {"retailerAccess": []}),
    Example("removeAccess", f"{OF_BRAND}/retailers/access/remove", _ACCESS, 200, {"retailerAccess": [CODE]}),
    Example("removeRetailer", f"{OF_BRAND}/retailers/{CODE}", None, 200, {"retailerCode": CODE}),
)  # fmt: skip
