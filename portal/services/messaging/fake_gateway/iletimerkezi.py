"""İleti Merkezi's API v1 as JSON: credentials in the body, one order for a call, no ids of the caller."""

import re
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.services.messaging.fake_gateway import vendor_calls
from portal.services.messaging.fake_gateway.acceptance import (
    Item,
    Order,
    Refusal,
    accept,
    is_repeat,
    refuse_while_busy,
    require_account,
)
from portal.services.messaging.fake_gateway.accounts import FakeAccount
from portal.services.messaging.fake_gateway.lengths import MOST_PARTS
from portal.services.messaging.fake_gateway.state import state

MOST_MESSAGES = 50_000  # In one call.
REPEAT_WINDOW = timedelta(minutes=10)
MESSAGES = {
    "200": "İşlem başarılı",
    "400": "İstek çözümlenemedi",
    "401": "Üyelik bilgileri hatalı",
    "402": "Bakiye yetersiz",
    "404": "API istek yapılan yönteme sahip değil",
    "422": "Gönderilen bilgiler doğrulanamadı",
    "450": "Gönderilen başlık kullanıma uygun değil",
    "451": "Tekrar eden sipariş",
    "452": "Mesaj alıcıları hatalı",
    "453": "Sipariş boyutu aşıldı",
    "454": "Mesaj metni boş",
    "455": "Sipariş bulunamadı",
    "456": "Sipariş gönderim tarihi henüz gelmedi",
    "457": "Mesaj gönderim tarihinin formatı hatalı",
    "458": "Tarih aralığı en fazla 10 gün olabilir",
    "459": "Hesap evrakları eksik",
    "460": "Hesap evrakları onaylanmamış",
    "464": "Sayfa numarası 1'den başlar",
    "467": "Başlık evrakları eksik",
    "468": "İYS marka kodu tanımlı değil",
    "469": "İYS yetkisi tanımlı değil",
    "470": "İYS tanımları yapılmamış",
    "503": "Sunucu geçici olarak servis dışı",
}

blueprint = Blueprint("iletimerkezi", __name__, url_prefix="/iletimerkezi/v1")


def refuse(refusal: Refusal) -> ResponseReturnValue:
    """The code in the body and as the HTTP status; another HTTP status as a proxy would answer it."""
    return answer(refusal.code) if refusal.code in MESSAGES else vendor_calls.page(int(refusal.code))


vendor_calls.watch(blueprint, "iletimerkezi", refuse, sends=("send",))


@blueprint.post("/send-sms/json")
def send() -> ResponseReturnValue:
    """Accept an order: one text for many numbers, or a list of texts."""
    account, asked = find_account()
    order = _order(account, asked.get("order"))
    refuse_while_busy(account, [each.to for each in order.items])

    def refuse_repeats() -> None:
        if all(is_repeat(account, order, each, REPEAT_WINDOW) for each in order.items):
            raise Refusal("451")

    return answer("200", order={"id": wire_number(accept(account, order, refuse_repeats=refuse_repeats))})


@blueprint.route("/<path:path>", methods=["GET", "POST"])
def refuse_path(path: str) -> ResponseReturnValue:
    """Any other path, also where its last word does not say json."""
    raise Refusal("404")


def answer(code: str, **more: object) -> ResponseReturnValue:
    """An answer; codes are numbers or text, as the account has it."""
    return {"response": {"status": {"code": wire_number(code), "message": MESSAGES[code]}, **more}}, int(code)


def wire_number(text: str) -> str | int:
    """A number as the account's answers have it."""
    return text if g.get("codes_as_text") or not text.isdecimal() else int(text)


def find_account() -> tuple[FakeAccount, dict[str, Any]]:
    """The account of a call, and what it asks. Raises Refusal 400 and 401, also for an IP address."""
    body = request.get_json(silent=True)
    asked = body.get("request") if isinstance(body, dict) else None
    if not isinstance(asked, dict):
        raise Refusal("400")
    shown = asked.get("authentication")
    shown = shown if isinstance(shown, dict) else {}
    account = require_account("iletimerkezi", shown.get("key"), shown.get("hash"), "401")
    g.codes_as_text = account.codes_as_text
    return account, asked


def _canonical_number(number: object) -> str:
    """5…, 905… or +90 5…, with blanks or not. Raises Refusal."""
    found = re.fullmatch(r"(?:\+?90)?(5\d{9})", str(number).replace(" ", ""))
    if found is None:
        raise Refusal("452")
    return f"+90{found[1]}"


def _order(account: FakeAccount, order: Any) -> Order:
    if not isinstance(order, dict):
        raise Refusal("400")
    if order.get("sender") not in account.headers:
        raise Refusal("450")
    is_commercial = str(order.get("iys")) == "1"
    if str(order.get("iys")) not in ("0", "1") or (is_commercial and order.get("iysList") not in ("BIREYSEL", "TACIR")):
        raise Refusal("422")
    if is_commercial and not account.has_brand:
        raise Refusal("470")
    message = order.get("message")
    messages = message if isinstance(message, list) else [message]
    read = Order(
        [item for each in messages for item in _items(each)],
        str(order["sender"]),
        is_commercial=is_commercial,
        send_at=_send_at(order.get("sendDateTime")),
    )
    _check_order(account, read)
    return read


def _items(message: Any) -> list[Item]:
    if not isinstance(message, dict):
        raise Refusal("400")
    if not str(message.get("text") or "").strip():
        raise Refusal("454")
    receivers = message.get("receipents")
    numbers = receivers.get("number") if isinstance(receivers, dict) else None
    if not isinstance(numbers, list) or not numbers:
        raise Refusal("452")
    return [Item(_canonical_number(each), str(message["text"])) for each in numbers]


def _check_order(account: FakeAccount, order: Order) -> None:
    if len(order.items) > MOST_MESSAGES:
        raise Refusal("422")
    if any(order.parts(each) > MOST_PARTS for each in order.items):
        raise Refusal("453")
    if any(state().is_blocked(account, each.to) for each in order.items):
        raise Refusal("452")
    if order.credits() > account.credits:
        raise Refusal("402")


def _send_at(value: Any) -> datetime | None:
    """The time of a scheduled order. With seconds it is ignored, and the order goes out at once."""
    text = str(value[0] if isinstance(value, list) and value else value or "")
    if not text or re.fullmatch(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d", text):
        return None
    try:
        return datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=clock.ISTANBUL)
    except ValueError as error:
        raise Refusal("457") from error
