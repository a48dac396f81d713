"""A vendor that nobody knows: the made-up one of files/unknown_vendor.md, as a server."""

import json
import re

from portal.core.paths import ROOT

PAGE = (ROOT / "tests" / "files" / "unknown_vendor.md").read_text(encoding="utf-8")
CALL, ANSWER, ERROR, REPORT, REPLY = (each.strip() for each in re.findall(r"```\n(.*?)```", PAGE, re.DOTALL))
FAULTS, STATES = PAGE.partition("| kod")[2].partition("\n\n")[0], re.findall(r"`durum`: .*", PAGE)[0]
CUSTOMER, KEY = "77001", "km_live_gizli"


class UnknownVendor:
    """A WSGI application; `calls` are the bodies that it was sent; `before_answer` runs after each."""

    def __init__(self):
        self.calls = []
        self.balance = 1000
        self.before_answer = lambda: None

    def __call__(self, environ, start_response):
        body = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        self.calls.append(body)
        self.before_answer()
        code = self._fault(environ, body)
        status = {"": 202, "ANAHTAR_GECERSIZ": 401, "YOK": 404}.get(code, 422)
        answer = (
            {}
            if code == "YOK"
            else {"sonuc": "RED", "hata": {"kod": code}}
            if code
            else {"sonuc": "ALINDI", "paket": "PK-1", "kredi": 1}
        )
        start_response(f"{status} X", [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]

    def _fault(self, environ, body) -> str:
        if environ["PATH_INFO"] != "/rest/v3/gonder":
            return "YOK"
        if (environ.get("HTTP_X_KUZEY_ANAHTAR"), body["musteri"]) != (KEY, CUSTOMER):
            return "ANAHTAR_GECERSIZ"
        if body["baslik"] != "DENEME" or body["tur"] != "bilgilendirme":
            return "BASLIK_ONAYSIZ"
        if not all(re.fullmatch("5[0-9]{9}", each["gsm"]) and each["metin"] for each in body["iletiler"]):
            return "GSM_HATALI"
        self.balance -= len(body["iletiler"])
        return "BAKIYE_YOK" if self.balance < 0 else ""
