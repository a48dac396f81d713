"""Pushes to the caller's URLs: results that are due, and replies, with the vendor's rule of repeating."""

import heapq
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Thread
from time import sleep
from typing import Any

import requests

from portal.services.messaging.fake_gateway import inbound
from portal.services.messaging.fake_gateway.journal import record_push
from portal.services.messaging.fake_gateway.state import Reply, SentMessage, State

RETRY_PAUSE = timedelta(minutes=5)
TIMEOUT = 5.0  # Seconds.
REPORTED_TWICE = "0007"
ANSWERS = {"0012": "RET", "0013": "ONAY"}


@dataclass
class PlannedPush:
    """A request that is due."""

    url: str = field(repr=False)
    format: str
    body: Any = field(repr=False)
    tries_left: int


def deliver_due(here: State) -> None:
    """Push what is due by the clock of the vendors, in the order of time; a failed push is due again later."""
    report_due(here)
    while True:
        with here.lock:
            if not here.pushes or here.pushes[0][0] > here.now():
                return
            due_at, number, push = heapq.heappop(here.pushes)
        push.tries_left -= 1
        if not _post(here, push) and push.tries_left:
            with here.lock:
                heapq.heappush(here.pushes, (due_at + RETRY_PAUSE, number, push))


def report_due(here: State) -> None:
    """Plan pushes of results that are known by now, and let phones that answer by themselves do so."""
    with here.lock:
        due: dict[int, list[SentMessage]] = {}
        while here.results and here.results[0][0] <= here.now():
            message = heapq.heappop(here.results)[2]
            due.setdefault(id(message.account), []).append(message)
            if answer := ANSWERS.get(message.to[-4:]):
                plan_replies(here, inbound.answer(here, message, answer))
        for messages in due.values():
            account = messages[0].account
            if account.push_url:
                again = [each for each in messages if each.to.endswith(REPORTED_TWICE)]
                dialect = here.dialects[account.vendor]
                bodies = dialect.report_bodies(messages) + (dialect.report_bodies(again) if again else [])
                known_at = max(each.due_at or each.sent_at for each in messages)
                _plan(here, known_at, bodies, PlannedPush(account.push_url, "json", None, dialect.tries))


def plan_replies(here: State, replies: list[Reply]) -> None:
    """Plan pushes of replies, where the vendor has them and the account a URL."""
    for reply in replies:
        account = reply.account
        dialect = here.dialects[account.vendor]
        url = account.inbound_url if account.vendor == "netgsm" else account.push_url
        if dialect.reply_body and url:
            how = account.push_format if account.vendor == "netgsm" else "json"
            _plan(here, reply.at, [dialect.reply_body(reply)], PlannedPush(url, how, None, dialect.tries))


def _plan(here: State, at: datetime, bodies: list[object], push: PlannedPush) -> None:
    """Plan a push like this one for each body, due at that time."""
    bodies = bodies * int(here.settings["copies"])
    for body in reversed(bodies) if here.settings["newest_first"] else bodies:
        heapq.heappush(here.pushes, (at, next(here.ids), replace(push, body=body)))


def _post(here: State, push: PlannedPush) -> bool:
    try:
        answer = _request(push)
    except requests.RequestException:
        answer = None
    record_push(here, push.body, answer.status_code if answer is not None else None)
    return answer is not None and answer.status_code == 200


def _request(push: PlannedPush) -> requests.Response:
    if push.format == "query":
        return requests.get(push.url, params=push.body, timeout=TIMEOUT, allow_redirects=False)
    named = {"json": push.body} if push.format == "json" else {"data": push.body}
    return requests.post(push.url, timeout=TIMEOUT, allow_redirects=False, **named)


def start_delivery_thread(here: State, every: float) -> None:
    """Push what is due, every so many seconds, for as long as the process lives."""

    def deliver() -> None:
        while True:
            sleep(every)
            deliver_due(here)

    Thread(target=deliver, daemon=True).start()
