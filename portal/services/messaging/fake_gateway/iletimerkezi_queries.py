"""What İleti Merkezi's API v1 answers and pushes: reports, replies, the block list and headers."""

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.services.messaging.fake_gateway import vendor_calls
from portal.services.messaging.fake_gateway.acceptance import Refusal
from portal.services.messaging.fake_gateway.iletimerkezi import answer, find_account, refuse, wire_number
from portal.services.messaging.fake_gateway.state import DeliveryOutcome, Dialect, SentMessage, state
from portal.services.messaging.fake_gateway.vendor_calls import wall_clock

MOST_ROWS = 1000  # Of a page.
ORDERS_OF_A_PAGE = 100
LONGEST_RANGE = timedelta(days=10)
SENDING, ARRIVED, FAILED, ODD = "110", "111", "112", "118"
STATES = dict.fromkeys(DeliveryOutcome, (FAILED, "")) | {
    DeliveryOutcome.PENDING: (SENDING, ""),
    DeliveryOutcome.DELIVERED: (ARRIVED, ""),
    DeliveryOutcome.ODD: (ODD, ""),
}
ORDER_GOING, ORDER_DONE, ORDER_FAILED = "113", "114", "115"
PUSHED_STATES = {SENDING: "accepted", ARRIVED: "delivered", FAILED: "undelivered", ODD: "suspended"}

blueprint = Blueprint("iletimerkezi_queries", __name__, url_prefix="/iletimerkezi/v1")
vendor_calls.watch(blueprint, "iletimerkezi", refuse)


@blueprint.post("/get-report/json")
def show_report() -> ResponseReturnValue:
    """The numbers of an order and their states; there is no reason."""
    account, asked = find_account()
    order = _section(asked, "order")
    page, size = _page(order)
    digits = str(order.get("id", ""))
    messages = state().batches.get(int(digits), []) if digits.isdecimal() else []
    if not messages or messages[0].account is not account:
        raise Refusal("455")
    at = state().now()
    if messages[0].sent_at > at:
        raise Refusal("456")
    rows = [
        {"number": wire_number(each.to.removeprefix("+90")), "status": wire_number(_state(each, at))}
        for each in messages[(page - 1) * size : page * size]
    ]
    status = wire_number(_order_status(messages, at))
    return answer("200", order={"id": wire_number(digits), "status": status, "message": rows})


@blueprint.post("/get-reports/json")
def show_reports() -> ResponseReturnValue:
    """Totals of the orders between two days, 100 a page."""
    account, asked = find_account()
    chosen = _section(asked, "filter")
    page, _ = _page(chosen)
    first, last = (_time(chosen.get(name), "%Y-%m-%d") for name in ("start", "end"))
    if last - first > LONGEST_RANGE:
        raise Refusal("458")
    at = state().now()
    with state().lock:
        orders = [
            _totals(batch, at)
            for batch in state().batches.values()
            if batch[0].account is account and first <= batch[0].sent_at < last + timedelta(days=1)
        ]
    shown = orders[(page - 1) * ORDERS_OF_A_PAGE : page * ORDERS_OF_A_PAGE]
    return answer("200", count=len(orders), orders=shown)


@blueprint.post("/get-inbox/json")
def show_inbox() -> ResponseReturnValue:
    """Everything that came with the account's keyword. The names of its fields are not documented."""
    account, _ = find_account()
    rows = [
        {"id": each.id, "number": each.sender, "text": each.text, "receivedAt": wall_clock(each.at)}
        for each in state().replies_to(account)
    ]
    return answer("200", inbox={"count": len(rows), "message": rows})


@blueprint.post("/get-blacklist/json")
def show_block_list() -> ResponseReturnValue:
    """Blocked numbers, also between two times."""
    account, asked = find_account()
    chosen = _section(asked, "blacklist")
    page, size = _page(chosen)
    times = (_section(chosen, "filter").get(name) for name in ("start", "end"))
    first, last = (_time(each, "%Y-%m-%d %H:%M:%S") if each else None for each in times)
    numbers = [
        each.number
        for each in state().block_list(account)
        if (not first or each.at >= first) and (not last or each.at <= last)
    ]
    shown = numbers[(page - 1) * size : page * size]
    return answer("200", blacklist={"count": str(len(numbers)), "number": shown})


@blueprint.post("/get-sender/json")
def show_headers() -> ResponseReturnValue:
    account, _ = find_account()
    return answer("200", senders={"sender": account.headers})


def _section(asked: dict[str, Any], name: str) -> dict[str, Any]:
    section = asked.get(name, {})
    if not isinstance(section, dict):
        raise Refusal("400")
    return section


def _page(section: dict[str, Any]) -> tuple[int, int]:
    """The page, from 1, and its rows."""
    try:
        page, size = int(section.get("page") or 1), int(section.get("rowCount") or MOST_ROWS)
    except (TypeError, ValueError) as error:
        raise Refusal("422") from error
    if page < 1 or str(section.get("page")) == "0":
        raise Refusal("464")
    return page, min(max(size, 1), MOST_ROWS)


def _time(text: object, layout: str) -> datetime:
    try:
        return datetime.strptime(str(text), layout).replace(tzinfo=clock.ISTANBUL)
    except ValueError as error:
        raise Refusal("457") from error


def _state(message: SentMessage, at: datetime) -> str:
    return message.words(at, STATES)[0]


def _order_status(messages: list[SentMessage], at: datetime) -> str:
    states = {_state(each, at) for each in messages}
    if SENDING in states:
        return ORDER_GOING
    return ORDER_FAILED if states == {FAILED} else ORDER_DONE


def _totals(messages: list[SentMessage], at: datetime) -> dict[str, object]:
    states = [_state(each, at) for each in messages]
    sent_at = wall_clock(messages[0].sent_at)
    return {
        "id": wire_number(str(messages[0].batch_id)),
        "status": wire_number(_order_status(messages, at)),
        "total": len(states),
        "delivered": states.count(ARRIVED),
        "undelivered": states.count(FAILED),
        "waiting": states.count(SENDING),
        "submitAt": sent_at,
        "sendAt": sent_at,
        "sender": messages[0].header,
    }


def _report_bodies(messages: list[SentMessage]) -> list[object]:
    """One request for a message; the text comes back in it."""
    return [
        {
            "report": {
                "id": each.id,
                "packet_id": each.batch_id,
                "status": PUSHED_STATES.get(_state(each, each.due_at or each.sent_at), "undelivered"),
                "to": each.to,
                "body": each.text,
            }
        }
        for each in messages
    ]


DIALECT = Dialect(tries=1, report_bodies=_report_bodies)
