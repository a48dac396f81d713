"""Pushes: İYS's endpoints to register addresses, which are tested, and the delivery of what people do at İYS.

Each delivery is a row, retried until it is answered.
"""

import json
import random
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import requests
from flask import Blueprint
from flask.typing import ResponseReturnValue

from iys_sandbox import movements
from iys_sandbox.context import Sandbox, now, sandbox
from iys_sandbox.errors import JsonObject, Refused, refuse_if
from iys_sandbox.request_fields import json_of_request
from iys_sandbox.request_guard import iys_endpoint
from iys_sandbox.rights import AuthorisedSender, authorised_sender
from portal.core import iys_protocol
from portal.core.iys_protocol import Channel, IysProblem, Operation

blueprint = Blueprint("pushes", __name__)
PUSH = "/sps/<iys_code>/brands/<brand_code>/push"
MOST_LIVE_OF_A_TYPE = 2
TIMED_OUT = IysProblem("H191", text="Bağlantı zaman aşımına uğradı.")
NOT_REACHED = IysProblem("H530")
NOT_REGISTERED = IysProblem("H530", text="Bağlantı kaldırılamadı.")
TIMEOUT = 5  # Seconds.
RETRY_PAUSES = (60, 300, 900, 3600)  # Seconds before each further try.
# `delay` in seconds, `copies` of each delivery, in `shuffled` order, `held` back until the tester lets them go.
DEFAULT_SETTINGS = {"delay": 0, "copies": 1, "shuffled": False, "held": False}
TEST_BODY = {
    "list": [
        {
            "iysCode": 121212,
            "brandCode": 121212,
            "consentDate": "2015-05-01 15:00:00",
            "creationDate": "2015-05-01 15:00:00",
            "source": "IYS_MOBIL",
            "recipient": "pushtest@iys.org.tr",
            "recipientType": "BIREYSEL",
            "status": "ONAY",
            "type": "EPOSTA",
            "transactionId": "e52ee30512adfcd2a41fb3b4682f5bd61eee5b1c92bda665fc0b7e56644d429d",
        }
    ]
}


@blueprint.post(f"{PUSH}/registration")
@iys_endpoint(Operation.PUSH_REGISTER)
def register(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """Register each address that passes the test: H111, H117, H093, H531; H191 and H530 where it does not."""
    sender = authorised_sender(iys_code, brand_code)
    body = json_of_request()
    asked = body.get("connection") if isinstance(body, dict) else None
    if not isinstance(asked, list) or not asked or not all(isinstance(each, dict) for each in asked):
        raise Refused(IysProblem("H111", ["type"]))
    refuse_if([problem for each in asked for problem in _connection_problems(each)])
    if len({each["type"] for each in asked}) < len(asked):
        raise Refused(NOT_REACHED)
    for each in asked:
        _register_connection(sender, each)
    return {"message": "Bağlantı oluşturuldu"}


@blueprint.get(f"{PUSH}/registration")
@iys_endpoint(Operation.PUSH_LIST)
def registered(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """The addresses of a brand, also those that failed the test."""
    sender = authorised_sender(iys_code, brand_code)
    with sandbox().store.reading() as db:
        rows = db.execute("SELECT * FROM push WHERE brand_code = ? ORDER BY id", (sender.brand_code,)).fetchall()
    return [_connection_as_wire(row) for row in rows]


@blueprint.post(f"{PUSH}/unregistration")
@iys_endpoint(Operation.PUSH_REMOVE)
def remove(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """Remove one address; its username and password must be those of its registration (H530)."""
    sender = authorised_sender(iys_code, brand_code)
    body: Any = json_of_request()
    refuse_if(list(_connection_problems(body if isinstance(body, dict) else {})))
    where = "brand_code = ? AND type = ? AND url = ? AND username = ? AND password = ?"
    values = (sender.brand_code, body["type"], body["url"], body["username"], body["password"])
    with sandbox().store.transaction() as db:
        if db.execute(f"DELETE FROM push WHERE {where}", values).rowcount == 0:  # nosec B608
            raise Refused(NOT_REGISTERED)
    return {"message": "Bağlantı Kaldırıldı"}


def _connection_problems(connection: JsonObject) -> Iterator[IysProblem]:
    if "type" not in connection:
        yield IysProblem("H111", ["type"])
    elif connection["type"] not in tuple(Channel):
        yield IysProblem("H117", ["type"], connection["type"])
    for name in ("username", "password"):
        if not (isinstance(connection.get(name), str) and connection[name]):
            yield IysProblem("H093", [name], text=f"{name} bulunamadı.")
    if not _is_allowed_url(connection.get("url")):
        yield IysProblem("H531", ["url"])


def _is_allowed_url(url: object) -> bool:
    if not isinstance(url, str):
        return False
    parts = urlsplit(url)
    is_here = parts.hostname in ("127.0.0.1", "localhost") and sandbox().may_push_in_clear
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and is_here))


def _register_connection(sender: AuthorisedSender, connection: JsonObject) -> None:
    select = "SELECT count(*) FROM push WHERE brand_code = ? AND type = ? AND is_live AND url <> ?"
    with sandbox().store.reading() as db:
        live = db.execute(select, (sender.brand_code, connection["type"], connection["url"])).fetchone()[0]
    if live >= MOST_LIVE_OF_A_TYPE:
        raise Refused(NOT_REACHED)
    problem = _test_connection(connection)  # No lock is held meanwhile: the address may well ask something of İYS.
    fields = [connection[name] for name in ("type", "url", "username", "password")]
    row = (sender.brand_code, *fields, problem is None)
    with sandbox().store.transaction() as db:
        columns = "brand_code, type, url, username, password, is_live, registered_at"
        insert = f"INSERT OR REPLACE INTO push ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)"
        db.execute(insert, (*row, iys_protocol.format_wire_date(now())))
    if problem:
        raise Refused(problem)


def _test_connection(connection: JsonObject) -> IysProblem | None:
    """A POST without credentials must be refused and one with them accepted, each within five seconds."""
    try:
        if post_push(connection["url"], TEST_BODY, None).status_code not in (401, 403):
            return NOT_REACHED
        credentials = connection["username"], connection["password"]
        answer = post_push(connection["url"], TEST_BODY, credentials)
    except requests.Timeout:
        return TIMED_OUT
    except requests.RequestException:
        return NOT_REACHED
    return None if answer.ok else NOT_REACHED


def _connection_as_wire(row: sqlite3.Row) -> JsonObject:
    status = "Bağlantı Oluşturuldu" if row["is_live"] else "Bağlantı Oluşturulamadı"
    return {"url": row["url"], "type": row["type"], "registerTime": row["registered_at"], "status": status}


def plan_deliveries(sandbox: Sandbox, made: Iterable[sqlite3.Row]) -> None:
    """Queue deliveries of these movements, if made at İYS, to the live addresses of their brand and type."""
    settings = {**DEFAULT_SETTINGS, **sandbox.store.setting("push", {})}
    due_at = sandbox.second() + int(settings["delay"])
    with sandbox.store.transaction() as db:
        for row in made:
            if row["side"] != "IYS":
                continue
            codes = {"iysCode": row["iys_code"], "brandCode": row["brand_code"]}
            body = json.dumps({"list": [codes | movements.as_feed_item(row)]}, ensure_ascii=False)
            select = "SELECT id FROM push WHERE brand_code = ? AND type = ? AND is_live"
            for push in db.execute(select, (row["brand_code"], row["type"])).fetchall():
                columns = "push_id, body, due_at, tries"
                insert = f"INSERT INTO delivery ({columns}) VALUES (?, ?, ?, 0)"  # nosec B608
                db.executemany(insert, [(push["id"], body, due_at)] * int(settings["copies"]))


def deliver_due(sandbox: Sandbox, *, even_held: bool = False) -> int:
    """Try every due delivery; returns how many were answered with 2xx."""
    settings = {**DEFAULT_SETTINGS, **sandbox.store.setting("push", {})}
    if settings["held"] and not even_held:
        return 0
    with sandbox.store.reading() as db:
        select = """SELECT delivery.*, url, username, password FROM delivery JOIN push ON push.id = push_id
                    WHERE due_at <= ? ORDER BY due_at, delivery.id"""
        due = db.execute(select, (sandbox.second(),)).fetchall()
    if settings["shuffled"]:
        random.Random(len(due)).shuffle(due)
    return sum(_try_delivery(sandbox, row) for row in due)


def start_delivery_thread(sandbox: Sandbox, *, every: float) -> None:
    """Deliver what is due from a thread, every so many seconds, until the process ends."""

    def run() -> None:
        while not stopped.wait(every):
            deliver_due(sandbox)

    stopped = threading.Event()
    threading.Thread(target=run, name="deliveries", daemon=True).start()


def post_push(url: str, body: object, auth: tuple[str, str] | None) -> requests.Response:
    """One POST as İYS makes it: JSON, Basic auth, five seconds, no redirects followed."""
    data = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    headers = {"Content-Type": "application/json"}
    return requests.post(url, data=data.encode(), headers=headers, auth=auth, timeout=TIMEOUT, allow_redirects=False)


def _try_delivery(sandbox: Sandbox, row: sqlite3.Row) -> bool:
    claim = "UPDATE delivery SET tries = tries + 1, due_at = ? WHERE id = ? AND tries = ? AND due_at IS NOT NULL"
    pause = RETRY_PAUSES[row["tries"]] if row["tries"] < len(RETRY_PAUSES) else None
    again_at = sandbox.second() + pause if pause else None
    with sandbox.store.transaction() as db:
        if db.execute(claim, (again_at, row["id"], row["tries"])).rowcount == 0:
            return False  # Another thread was first.
    try:
        answer = str(post_push(row["url"], row["body"], (row["username"], row["password"])).status_code)
    except requests.RequestException as failure:
        answer = type(failure).__name__
    is_done = answer.isdigit() and 200 <= int(answer) < 300
    with sandbox.store.transaction() as db:
        due_at = None if is_done else again_at
        db.execute("UPDATE delivery SET answer = ?, due_at = ? WHERE id = ?", (answer, due_at, row["id"]))
    return is_done
