"""NetGSM's SMS API, REST v2: HTTP Basic, JSON, and HTTP 406 for whatever it refuses."""

import re
from datetime import datetime
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.sms_parts import Alphabet
from portal.services.messaging.fake_gateway import vendor_calls
from portal.services.messaging.fake_gateway.acceptance import (
    DAY,
    Item,
    Order,
    Refusal,
    accept,
    refuse_while_busy,
    require_account,
)
from portal.services.messaging.fake_gateway.accounts import FakeAccount
from portal.services.messaging.fake_gateway.lengths import MOST_PARTS
from portal.services.messaging.fake_gateway.state import state

SENDS_TO_A_NUMBER = 20  # In a minute.
LONGEST_HEADER = 11
DESCRIPTIONS = {
    "20": "Mesaj metni hatalı ya da çok uzun",
    "30": "Geçersiz kullanıcı adı, şifre ya da API erişim izni yok",
    "40": "Mesaj başlığı sistemde tanımlı değil",
    "41": "Mesaj başlığı geçersiz",
    "50": "İYS kontrollü gönderim yapılamıyor",
    "51": "Aboneliğe tanımlı İYS marka bilgisi bulunamadı",
    "52": "Numara kontrol edilmeli",
    "60": "Kayıt bulunamadı",
    "70": "Parametre hatalı ya da eksik",
    "80": "Gönderim sınır aşımı",
    "85": "Aynı numaraya 1 dakika içerisinde 20'den fazla görev oluşturulamaz",
}

blueprint = Blueprint("netgsm", __name__, url_prefix="/netgsm")


def refuse(refusal: Refusal) -> ResponseReturnValue:
    """HTTP 406 with the code; an HTTP status as a proxy would answer it."""
    if int(refusal.code) >= 400:
        return vendor_calls.page(int(refusal.code))
    body = {"code": refusal.code, "description": DESCRIPTIONS.get(refusal.code, "Sistem hatası"), "jobid": None}
    return body, refusal.status or 406


vendor_calls.watch(blueprint, "netgsm", refuse, sends=("send",))


@blueprint.post("/sms/rest/v2/send")
def send() -> ResponseReturnValue:
    """Accept messages, each with its own text; one job."""
    account = find_account()
    body = read_body()
    order = _order(account, body)
    for number in {each.to for each in order.items}:
        if state().is_over_limit(SENDS_TO_A_NUMBER, "job", *account.key, number):
            raise Refusal("85")
    refuse_while_busy(account, [each.to for each in order.items])
    return _accepted(accept(account, order, repeats_fail_within=DAY, batch_size=account.batch_size))


def find_account() -> FakeAccount:
    """The account of HTTP Basic. Raises Refusal 30, also for an IP address that is not allowed."""
    shown = request.authorization
    return require_account("netgsm", shown and shown.username, shown and shown.password, "30")


def read_body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Refusal("70")
    return body


def canonical_number(number: object) -> str:
    """The number of a row: 10 digits, or with 90. Raises ValueError."""
    found = re.fullmatch(r"(?:90)?(\d{10})", str(number))
    if found is None:
        raise ValueError(f"{number} has no ten digits")
    return f"+90{found[1]}"


def parse_time(text: object, *formats: str) -> datetime | None:
    """A time of Istanbul; None without one. Raises Refusal 70."""
    if not text:
        return None
    for each in formats:
        # strptime takes shorter numbers for %H and the like: the length must fit, too.
        if len(str(text)) == len(clock.istanbul(state().now()).strftime(each)):
            try:
                return datetime.strptime(str(text), each).replace(tzinfo=clock.ISTANBUL)
            except ValueError:
                continue
    raise Refusal("70")


def _order(account: FakeAccount, body: dict[str, Any]) -> Order:
    header, messages = body.get("msgheader"), body.get("messages")
    if not isinstance(messages, list) or not messages or not isinstance(header, str):
        raise Refusal("70")
    if header not in account.headers or len(header) > LONGEST_HEADER:
        raise Refusal("40")
    if body.get("iysfilter", "0") not in ("0", "11", "12") or body.get("encoding") not in (None, "", "TR"):
        raise Refusal("70")
    order = Order(
        [_item(each) for each in messages],
        header,
        is_commercial=body.get("iysfilter", "0") != "0",
        alphabet=Alphabet.TURKISH_LOCKING if body.get("encoding") == "TR" else Alphabet.GSM,
        send_at=parse_time(body.get("startdate"), "%d%m%Y%H%M"),
    )
    parse_time(body.get("stopdate"), "%d%m%Y%H%M")
    if order.is_commercial and not account.may_send_commercial:
        raise Refusal("50")
    if order.is_commercial and not account.has_brand:
        raise Refusal("51")
    if any(order.parts(each) > MOST_PARTS for each in order.items):
        raise Refusal("20")
    return order


def _item(message: Any) -> Item:
    if not isinstance(message, dict):
        raise Refusal("70")
    text = message.get("msg")
    if not isinstance(text, str) or not text.strip():
        raise Refusal("20")
    try:
        return Item(canonical_number(message.get("no")), text, str(message.get("referansID") or ""))
    except ValueError as error:
        raise Refusal("70") from error


def _accepted(jobs: str) -> ResponseReturnValue:
    return {"code": "00", "jobid": jobs, "description": "queued"}
