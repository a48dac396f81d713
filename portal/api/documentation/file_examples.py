"""Examples of files."""

from typing import Any

from portal.api.documentation.example import BRAND, MOMENT, OF_BRAND, Example, problem_example

IMPORT_ID, OTHER_ID, GRANTS_ID = "120421449935618580", "120421449935618581", "120421449935618582"
DIGEST, GRANTS_DIGEST = "204882110455301776", "204882110455301777"
PROFILE = "erp"
HEADER = ["Telefon", "Kanal", "Durum", "Tarih", "Kaynak", "Dayanak"]
_BAD_LINE = ["0532 12", "MESAJ", "ONAY", "24.11.2026 13:00", "HS_WEB", "Sipariş 4712"]
_LINES = [
    HEADER,
    ["0532 123 45 80", "MESAJ", "ONAY", "24.11.2026 13:00", "HS_WEB", "Sipariş 4711"],
    ["0532 123 45 81", "MESAJ", "RET", "24.11.2026 13:00", "", ""],
    _BAD_LINE,
]
FILE = "".join(f"{';'.join(each)}\n" for each in _LINES)
_GRANTS = f"{';'.join(HEADER)}\n0532 123 45 82;MESAJ;ONAY;24.11.2026 13:00;HS_WEB;Sipariş 4713\n"
_OF_IMPORT = f"{OF_BRAND}/imports/{IMPORT_ID}"
_OF_GRANTS = f"{OF_BRAND}/imports/{GRANTS_ID}"
_WRONG_STATE = problem_example(
    "wrong_state", 409, "The record's present state does not allow this.", "Kaydın şu andaki durumu buna izin vermiyor."
)
_UPLOADED: dict[str, Any] = {
    "importId": IMPORT_ID, "brandCode": BRAND, "fileName": "izinler.csv", "state": "uploaded", "createdAt": MOMENT,
    "lines": 0, "progress": {"done": 0, "total": 0, "secondsLeft": None}, "problem": None, "results": {},
    "dryRun": None, "iys": None, "undoable": None, "personNeeded": [],
    "page": f"https://izinlink.example/imports/{IMPORT_ID}",
}  # fmt: skip
_RESULTS = {"grant": 1, "first_refusal": 1, "phone_too_short": 1}
_TRIED = _UPLOADED | {
    "state": "dry_run", "lines": 3, "progress": None, "results": _RESULTS,
    "dryRun": {"digest": DIGEST, "grants": 1, "refusals": 1, "problems": 1, "newAddresses": 1, "takesGrants": True},
}  # fmt: skip
_RUNNING = _TRIED | {
    "state": "running", "progress": {"done": 0, "total": 3, "secondsLeft": None}, "dryRun": None,
    "results": {"phone_too_short": 1},
}  # fmt: skip
_OF_GRANTS_TRIED = _TRIED | {
    "importId": GRANTS_ID, "fileName": "onaylar.csv", "lines": 1, "results": {"grant": 1},
    "dryRun": {**_TRIED["dryRun"], "digest": GRANTS_DIGEST, "refusals": 0, "problems": 0},
}  # fmt: skip
_OF_GRANTS_RUNNING = _OF_GRANTS_TRIED | {
    "state": "running", "progress": {"done": 0, "total": 1, "secondsLeft": None}, "dryRun": None, "results": {},
}  # fmt: skip
_UNDOING = _OF_GRANTS_RUNNING | {"state": "undoing", "results": {"grant": 1}}
_REFUSALS_STAND = problem_example(
    "person_needed", 409, "A program cannot decide this; a person must look and confirm.",
    "Buna bir program karar veremez; bir kişinin bakıp onaylaması gerekir.",
    errors=[{"field": "file", "code": "refusals_stand", "title": "…",
             "titleTr": "Dosya ret yazdı; retleri yalnız bir kişi geri alabilir."}],
    page=f"https://izinlink.example/imports/{IMPORT_ID}/undo",
)  # fmt: skip
_OTHER = _UPLOADED | {"importId": OTHER_ID, "fileName": ""}
_START = {"digest": DIGEST}
EXAMPLES = (
    Example("addImport", f"{OF_BRAND}/imports?fileName=izinler.csv&profile={PROFILE}", None, 200, _UPLOADED, FILE),
    Example("addImport", f"{OF_BRAND}/imports", None, 200, _OTHER, FILE),
    Example("showImport", _OF_IMPORT, None, 200, _TRIED),
    Example("addImportStart", f"{_OF_IMPORT}/start", _START, 200, _RUNNING),
    Example("addImportStart", f"{_OF_IMPORT}/start", _START, 409, _WRONG_STATE),
    Example("listImportErrors", f"{_OF_IMPORT}/errors", None, 200, {
        "header": HEADER,
        "items": [{"line": 4, "cells": _BAD_LINE, "errors": [{
            "code": "phone_too_short", "iysCode": "H121", "title": "…", "fix": "…",
            "titleTr": "Telefon numarasının rakamı eksik.",
            "fixTr": "…",
        }]}],
        "nextCursor": None,
    }),
    Example("downloadImportErrors", f"{_OF_IMPORT}/errors.xlsx", None, 200, None),
    Example("addImport", f"{OF_BRAND}/imports?fileName=onaylar.csv&profile={PROFILE}", None, 200, _UPLOADED | {
        "importId": GRANTS_ID, "fileName": "onaylar.csv",
    }, _GRANTS),
    Example("showImport", _OF_GRANTS, None, 200, _OF_GRANTS_TRIED),
    Example("addImportStart", f"{_OF_GRANTS}/start", {"digest": GRANTS_DIGEST}, 200, _OF_GRANTS_RUNNING),
    Example("addImportUndo", f"{_OF_GRANTS}/undo", {}, 200, _UNDOING),
    Example("addImportUndo", f"{_OF_GRANTS}/undo", {}, 409, _WRONG_STATE),
    Example("addImportUndo", f"{_OF_IMPORT}/undo", {}, 409, _REFUSALS_STAND),
    Example("addImportCancellation", f"{OF_BRAND}/imports/{OTHER_ID}/cancel", {}, 200, _OTHER | {
        "state": "dropped", "lines": 3, "progress": None, "results": _RESULTS,
    }),
    Example("addImportCancellation", f"{OF_BRAND}/imports/{OTHER_ID}/cancel", {}, 409, _WRONG_STATE),
    Example("downloadExport", f"{OF_BRAND}/exports/consents?type=MESAJ&maySend=true", None, 200, None),
)  # fmt: skip
