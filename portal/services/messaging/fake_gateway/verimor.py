"""Verimor's SMS API v2 (guide of September 2025): answers in plain text, and only to IP addresses of its list."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, request
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
    is_repeat,
    refuse_while_busy,
    require_account,
)
from portal.services.messaging.fake_gateway.accounts import FakeAccount
from portal.services.messaging.fake_gateway.lengths import MOST_PARTS
from portal.services.messaging.fake_gateway.state import state

MOST_MESSAGES = 50_000  # In one call.
SENDS_PER_MINUTE = 240
ALPHABETS = {"0": Alphabet.GSM, "1": Alphabet.TURKISH_LOCKING, "2": Alphabet.UCS2}
UNAUTHORIZED = {
    "credentials": "Geçersiz kullanıcı adı/şifre",
    "no_addresses": "Hesabınızda izinli IP ayarları yapılmamış",
    "address": "IP adresinize izin verilmemiş",
    "not_yours": "Bu kampanya size ait değil",
}

blueprint = Blueprint("verimor", __name__, url_prefix="/verimor/v2")


def refuse(refusal: Refusal) -> ResponseReturnValue:
    if refusal.code in UNAUTHORIZED:
        return text_answer(UNAUTHORIZED[refusal.code], 401)
    if refusal.code.isdigit():
        return vendor_calls.page(int(refusal.code))
    return text_answer(refusal.code, refusal.status or 400)


vendor_calls.watch(blueprint, "verimor", refuse, sends=("send",))


@blueprint.post("/send.json")
def send() -> ResponseReturnValue:
    """The campaign's id, or one word that says what is wrong with the whole call."""
    body = _read_body()
    account = find_account(body)
    if state().is_over_limit(SENDS_PER_MINUTE, "send", *account.key):
        raise Refusal("429")
    order = _order(account, body)
    _check_order(account, order)
    refuse_while_busy(account, [each.to for each in order.items])

    def refuse_repeats() -> None:
        if any(is_repeat(account, order, each, DAY) for each in order.items):
            raise Refusal("MUKERRER_RAPORLAMA")

    return text_answer(accept(account, order, refuse_repeats=refuse_repeats, repeats_fail_within=DAY))


def text_answer(text: str, status: int = 200) -> Response:
    return Response(text, status, mimetype="text/plain")


def _read_body() -> Any:
    try:
        body = json.loads(request.get_data().decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Refusal("INVALID_UTF8") from error
    except ValueError as error:
        raise Refusal("INVALID_JSON") from error
    if not isinstance(body, dict):
        raise Refusal("INVALID_JSON")
    return body


def find_account(given: Any) -> FakeAccount:
    account = require_account("verimor", given.get("username"), given.get("password"), "credentials", "address")
    if not account.allowed_addresses:
        raise Refusal("no_addresses")
    return account


def _order(account: FakeAccount, body: Any) -> Order:
    """The order of a call. Raises Refusal for what cannot be read as one."""
    coding = str(body.get("datacoding") or "0") if body.get("datacoding") not in (None, "") else ""
    if coding and coding not in ALPHABETS:
        raise Refusal("INVALID_DATACODING")
    if body.get("valid_for") and not _is_period(str(body["valid_for"])):
        raise Refusal("INVALID_PERIOD")
    send_at = parse_time(body.get("send_at"))
    if body.get("send_at") and (send_at is None or send_at < state().now() - timedelta(minutes=1)):
        raise Refusal("INVALID_DELIVERY_TIME")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise Refusal("MISSING_MESSAGE")
    items = [item for message in messages for item in _items(message)]
    if len(items) > MOST_MESSAGES:
        raise Refusal("MESSAGE_COUNT_LIMIT_EXCEEDED")
    if body.get("is_commercial") and body.get("iys_recipient_type") not in ("BIREYSEL", "TACIR"):
        raise Refusal("INVALID_IYS_RECIPIENT_TYPE")
    return Order(
        items,
        str(body.get("source_addr") or account.headers[0]),
        custom_id=str(body.get("custom_id") or ""),
        is_commercial=bool(body.get("is_commercial")),
        alphabet=ALPHABETS.get(coding),
        send_at=send_at,
    )


def _items(message: Any) -> list[Item]:
    """A message, one item for each number; its ids count where there are as many."""
    if not isinstance(message, dict) or not message.get("msg"):
        raise Refusal("MISSING_MESSAGE")
    if not message.get("dest"):
        raise Refusal("MISSING_DESTINATION_ADDRESS")
    numbers = [canonical_number(each) for each in str(message["dest"]).split(",")]
    ids = str(message.get("id", "")).split(",")
    ids = ids if len(ids) == len(numbers) else [""] * len(numbers)
    return [Item(number, str(message["msg"]), own_id) for number, own_id in zip(numbers, ids, strict=True)]


def _check_order(account: FakeAccount, order: Order) -> None:
    if order.header not in account.headers:
        raise Refusal("INVALID_SOURCE_ADDRESS")
    if order.is_commercial and not account.has_brand:
        raise Refusal("MISSING_IYS_BRAND_CODE")
    if order.is_commercial and not account.may_send_commercial:
        raise Refusal("AHS_AUTHORIZATION_ERROR")
    if any(order.parts(each) > MOST_PARTS for each in order.items):
        raise Refusal("MESSAGE_TOO_LONG")
    if any(word in each.text for each in order.items for word in account.forbidden_words):
        raise Refusal("FORBIDDEN_MESSAGE")
    if order.credits() > account.credits:
        raise Refusal("INSUFFICIENT_CREDITS")


def canonical_number(number: str) -> str:
    number = number.strip()
    if re.fullmatch(r"905\d{9}", number):
        return f"+{number}"
    if found := re.fullmatch(r"(?:00|\+)([1-9]\d{6,14})", number):
        return f"+{found[1]}"
    raise Refusal("INVALID_DESTINATION_ADDRESS")


def _is_period(text: str) -> bool:
    found = re.fullmatch(r"(\d{1,2}):([0-5]\d)", text)
    return found is not None and 1 <= int(found[1]) * 60 + int(found[2]) <= 48 * 60


def parse_time(text: object) -> datetime | None:
    """A time of Istanbul, or ISO 8601 with a zone; None where there is none, or none that can be read."""
    try:
        at = datetime.fromisoformat(str(text or ""))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=clock.ISTANBUL)
