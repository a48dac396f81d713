"""İYS's endpoints for push registrations: an address is tested, then receives what people do at İYS."""

import sqlite3
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import requests
from flask import Blueprint
from flask.typing import ResponseReturnValue

from iys_sandbox import push_delivery
from iys_sandbox.context import now, sandbox
from iys_sandbox.errors import Refused, refuse_if
from iys_sandbox.request_fields import json_of_request
from iys_sandbox.request_guard import iys_endpoint
from iys_sandbox.rights import Sender, authorised_sender
from iys_sandbox.wire_types import JsonObject
from portal.core import iys_protocol
from portal.core.iys_protocol import Channel, Operation, Problem

blueprint = Blueprint("pushes", __name__)
PUSH = "/sps/<iys_code>/brands/<brand_code>/push"
MOST_LIVE_OF_A_TYPE = 2
TIMED_OUT = Problem("H191", text="Bağlantı zaman aşımına uğradı.")
NOT_REACHED = Problem("H530")
NOT_REGISTERED = Problem("H530", text="Bağlantı kaldırılamadı.")


@blueprint.post(f"{PUSH}/registration")
@iys_endpoint(Operation.PUSH_REGISTER)
def register(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """Register each address that passes the test: H111, H117, H093, H531; H191 and H530 where it does not."""
    sender = authorised_sender(iys_code, brand_code)
    body = json_of_request()
    asked = body.get("connection") if isinstance(body, dict) else None
    if not isinstance(asked, list) or not asked or not all(isinstance(each, dict) for each in asked):
        raise Refused(Problem("H111", ["type"]))
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


def _connection_problems(connection: JsonObject) -> Iterator[Problem]:
    if "type" not in connection:
        yield Problem("H111", ["type"])
    elif connection["type"] not in tuple(Channel):
        yield Problem("H117", ["type"], connection["type"])
    for name in ("username", "password"):
        if not (isinstance(connection.get(name), str) and connection[name]):
            yield Problem("H093", [name], text=f"{name} bulunamadı.")
    if not _is_allowed_url(connection.get("url")):
        yield Problem("H531", ["url"])


def _is_allowed_url(url: object) -> bool:
    if not isinstance(url, str):
        return False
    parts = urlsplit(url)
    is_here = parts.hostname in ("127.0.0.1", "localhost") and sandbox().may_push_in_clear
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and is_here))


def _register_connection(sender: Sender, connection: JsonObject) -> None:
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


def _test_connection(connection: JsonObject) -> Problem | None:
    """A POST without credentials must be refused and one with them accepted, each within five seconds."""
    try:
        if push_delivery.post_push(connection["url"], push_delivery.TEST_BODY, None).status_code not in (401, 403):
            return NOT_REACHED
        credentials = connection["username"], connection["password"]
        answer = push_delivery.post_push(connection["url"], push_delivery.TEST_BODY, credentials)
    except requests.Timeout:
        return TIMED_OUT
    except requests.RequestException:
        return NOT_REACHED
    return None if answer.ok else NOT_REACHED


def _connection_as_wire(row: sqlite3.Row) -> JsonObject:
    status = "Bağlantı Oluşturuldu" if row["is_live"] else "Bağlantı Oluşturulamadı"
    return {"url": row["url"], "type": row["type"], "registerTime": row["registered_at"], "status": status}
