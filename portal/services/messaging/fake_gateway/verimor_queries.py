"""What Verimor's SMS API v2 answers and pushes: reports, replies, headers and the block list."""

from datetime import datetime

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.services.messaging.fake_gateway import inbound, vendor_calls
from portal.services.messaging.fake_gateway.acceptance import Refusal
from portal.services.messaging.fake_gateway.state import DeliveryOutcome, Dialect, Reply, SentMessage, state
from portal.services.messaging.fake_gateway.vendor_calls import wall_clock
from portal.services.messaging.fake_gateway.verimor import canonical_number, find_account, parse_time, refuse

QUERIES_PER_MINUTE = 20
PAGE = 100
# The state and the operator's error of each outcome.
WORDS = {
    DeliveryOutcome.PENDING: ("WAITING", "0"),
    DeliveryOutcome.DELIVERED: ("DELIVERED", "0"),
    DeliveryOutcome.EXPIRED: ("EXPIRED", "6"),
    DeliveryOutcome.FAILED: ("NOT_DELIVERED", "1"),
    DeliveryOutcome.BLOCKED_BY_IYS: ("NOT_ALLOWED_BY_IYS", "0"),
    DeliveryOutcome.ON_BLOCK_LIST: ("BLACKLISTED_DESTINATION_ADDRESS", "2050"),
    DeliveryOutcome.DUPLICATE: ("DOUBLE_SEND_ERROR", "0"),
    DeliveryOutcome.ODD: ("ASKIDA", "0"),
}

blueprint = Blueprint("verimor_queries", __name__, url_prefix="/verimor/v2")
vendor_calls.watch(blueprint, "verimor", refuse)


@blueprint.get("/status")
def show_status() -> ResponseReturnValue:
    """Reports of a campaign, by its id or by that of its sender, 100 at a time."""
    account = find_account(request.args)
    if state().is_over_limit(QUERIES_PER_MINUTE, "query", *account.key):
        raise Refusal("429")
    number, custom_id = request.args.get("id", type=int), request.args.get("custom_id")
    with state().lock:
        batches = state().batches
        found = (
            batches.get(number, [])
            if number is not None
            else [each for batch in batches.values() if batch[0].custom_id == custom_id for each in batch]
        )
    ours = [each for each in found if each.account.vendor == account.vendor]
    if not ours or (number is None and not custom_id):
        raise Refusal("Bu idye sahip kampanya bulunamadı", 404)
    if all(each.account is not account for each in ours):
        raise Refusal("not_yours")
    numbers = [canonical_number(each) for each in request.args.get("dest", "").split(",") if each]
    after = request.args.get("greater_than", 0, type=int)
    at = state().now()
    rows = [
        each for each in ours if each.account is account and each.id > after and (not numbers or each.to in numbers)
    ]
    return jsonify([_report(each, at) for each in rows[:PAGE]])


@blueprint.get("/inbound_messages")
def show_replies() -> ResponseReturnValue:
    """Replies between two times of Istanbul, or after an id; 100 at a time."""
    account = find_account(request.args)
    first, last = (parse_time(request.args.get(name)) for name in ("from_time", "to_time"))
    after = request.args.get("greater_than", 0, type=int)
    found = [
        each
        for each in state().replies_to(account)
        if each.id > after and (not first or each.at >= first) and (not last or each.at <= last)
    ]
    return jsonify([_pulled_reply(each) for each in found[:PAGE]])


@blueprint.get("/headers")
def show_headers() -> ResponseReturnValue:
    return jsonify(find_account(request.args).headers)


@blueprint.get("/blacklists")
def show_block_list() -> ResponseReturnValue:
    """The block list, at most 100 at a time; `ret_web` are people who left by Verimor's own page."""
    blocked = state().block_list(find_account(request.args))
    offset, limit = request.args.get("offset", 0, type=int), request.args.get("limit", PAGE, type=int)
    records = [
        {
            "created_at": clock.istanbul(each.at).isoformat("T", "milliseconds"),
            "phone": each.number.removeprefix("+"),
            "source": each.source,
        }
        for each in blocked[offset : offset + min(limit, PAGE)]
    ]
    return {"total": len(blocked), "records": records}


def _report(message: SentMessage, at: datetime) -> dict[str, object]:
    status, error = message.words(at, WORDS)
    arrived = status in ("DELIVERED", "SENT")
    return {
        "campaign_id": message.batch_id,
        "campaign_custom_id": message.custom_id,
        "message_id": str(message.id),
        "message_custom_id": message.own_id,
        "dest": message.to.removeprefix("+"),
        "size": message.parts,
        "international_multiplier": 1,
        "credits": message.parts,
        "status": status,
        "gsm_error": error,
        "sent_at": wall_clock(message.sent_at) if arrived else None,
        "done_at": wall_clock(message.due_at)
        if message.result(at) != DeliveryOutcome.PENDING and message.due_at
        else None,
    }


def _report_bodies(messages: list[SentMessage]) -> list[object]:
    rows = [{"type": "outbound", **_report(each, each.due_at or each.sent_at)} for each in messages]
    return [rows[first : first + PAGE] for first in range(0, len(rows), PAGE)]


def _reply(reply: Reply) -> dict[str, object]:
    account = reply.account
    return {
        "message_id": reply.id,
        "type": "inbound",
        "created_at": wall_clock(reply.at),
        "received_at": wall_clock(reply.at),
        "network": reply.network,
        "source_addr": reply.sender.removeprefix("+"),
        "destination_addr": account.number if len(account.number) == 4 else f"90{account.number}",
        "keyword": inbound.keyword_in(account, reply.text) if account.keyword else "",
        "content": reply.text,
    }


def _pulled_reply(reply: Reply) -> dict[str, object]:
    row = _reply(reply) | {"received_at": clock.istanbul(reply.at).isoformat("T", "milliseconds")}
    return {name: value for name, value in row.items() if name not in ("type", "created_at")}


DIALECT = Dialect(tries=4, report_bodies=_report_bodies, reply_body=lambda reply: [_reply(reply)])
