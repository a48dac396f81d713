"""What NetGSM's REST v2 answers and pushes: reports, the inbox and headers."""

from datetime import datetime, timedelta

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.services.messaging.fake_gateway import vendor_calls
from portal.services.messaging.fake_gateway.acceptance import Refusal
from portal.services.messaging.fake_gateway.netgsm import find_account, parse_time, read_body, refuse
from portal.services.messaging.fake_gateway.state import DeliveryOutcome, Dialect, Reply, SentMessage, state
from portal.services.messaging.fake_gateway.vendor_calls import wall_clock

REPORTS_PER_MINUTE = 10
MOST_JOBS = 50  # In one query.
MOST_ROWS = 100  # Of a page.
LONGEST_INBOX = timedelta(days=30)
# The state and the operator's error of each outcome.
WORDS = {
    DeliveryOutcome.PENDING: ("0", "0"),
    DeliveryOutcome.DELIVERED: ("1", "0"),
    DeliveryOutcome.EXPIRED: ("2", "102"),
    DeliveryOutcome.FAILED: ("3", "105"),
    DeliveryOutcome.BLOCKED_BY_IYS: ("16", "0"),
    DeliveryOutcome.ON_BLOCK_LIST: ("15", "106"),
    DeliveryOutcome.DUPLICATE: ("13", "0"),
    DeliveryOutcome.ODD: ("77", "0"),
}
OPERATORS = {"TURKCELL": 30, "TTMOBIL": 20, "VODAFONE": 10}
OK = {"code": "00", "description": "success"}

blueprint = Blueprint("netgsm_queries", __name__, url_prefix="/netgsm")
vendor_calls.watch(blueprint, "netgsm", refuse)


@blueprint.post("/sms/rest/v2/report")
def show_report() -> ResponseReturnValue:
    """Reports of jobs, or of a time; pages count from 0."""
    account = find_account()
    if state().is_over_limit(REPORTS_PER_MINUTE, "report", *account.key):
        raise Refusal("80")
    body = read_body()
    jobs = body.get("jobids") or []
    first, last = (parse_time(body.get(name), "%d.%m.%Y %H:%M:%S") for name in ("startdate", "stopdate"))
    page, size = body.get("pagenumber", 0), body.get("pagesize", MOST_ROWS)
    if not isinstance(jobs, list) or len(jobs) > MOST_JOBS or not (jobs or (first and last)):
        raise Refusal("70")
    if type(page) is not int or type(size) is not int or page < 0 or not 1 <= size <= MOST_ROWS:
        raise Refusal("70")
    wanted = {str(each) for each in jobs}
    with state().lock:
        messages = [
            each
            for batch in state().batches.values()
            for each in batch
            if each.account is account
            and (not wanted or str(each.batch_id) in wanted)
            and (not first or each.sent_at >= first)
            and (not last or each.sent_at <= last)
        ]
    at = state().now()
    rows = [_report(each, at) for each in messages[page * size : (page + 1) * size]]
    if not rows:
        raise Refusal("60")
    return OK | {"jobs": rows}


@blueprint.get("/sms/rest/v2/inbox")
def show_inbox() -> ResponseReturnValue:
    """Replies between two times; without times those that no call has listed yet, once."""
    account = find_account()
    formats = ("%d%m%Y%H%M%S", "%d%m%Y%H%M", "%d%m%Y")
    first, last = (parse_time(request.args.get(name), *formats) for name in ("startdate", "stopdate"))
    if (first is None) != (last is None) or (first and last and last - first > LONGEST_INBOX):
        raise Refusal("70")
    replies = state().replies_to(account)
    if first and last:
        replies = [each for each in replies if first <= each.at <= last]
    else:
        with state().lock:
            replies = [each for each in replies if each.id not in state().listed_replies]
            state().listed_replies |= {each.id for each in replies}
    if not replies:
        return {"code": "40", "description": "Gösterilecek mesaj yok", "messages": None}, 406
    return OK | {
        "messages": [
            {
                "message": each.text,
                "sender": each.sender.removeprefix("+90"),
                "receiver": account.number,
                "datetime": wall_clock(each.at),
            }
            for each in replies
        ]
    }


@blueprint.get("/sms/rest/v2/msgheader")
def show_headers() -> ResponseReturnValue:
    return OK | {"msgheaders": find_account().headers}


def _report(message: SentMessage, at: datetime) -> dict[str, object]:
    status, error = message.words(at, WORDS)
    return {
        "jobid": str(message.batch_id),
        "number": message.to.removeprefix("+90"),
        "status": _number(status),
        "operator": OPERATORS["TURKCELL"],
        "msglen": message.parts,
        "deliveredDate": wall_clock(message.due_at) if message.due_at and status == "1" else None,
        "errorCode": _number(error),
        "referansID": message.own_id,
    }


def _number(text: str) -> int | str:
    return int(text) if text.isdecimal() else text


def _report_bodies(messages: list[SentMessage]) -> list[object]:
    """The body is not documented: the row of a report, one a request."""
    return [_report(each, each.due_at or each.sent_at) for each in messages]


def _reply_body(reply: Reply) -> object:
    return {
        "messageId": str(reply.id),
        "subscriberNumber": reply.account.number,
        "sourceNumber": reply.sender.removeprefix("+90"),
        "messageDateTime": wall_clock(reply.at),
        "content": reply.text,
    }


# How often it repeats a push is not documented either: once is the least.
DIALECT = Dialect(tries=1, report_bodies=_report_bodies, reply_body=_reply_body)
