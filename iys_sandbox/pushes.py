"""İYS's endpoints for a push: an address is tried out, then told what people do at İYS."""

import sqlite3
from collections.abc import Iterator
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
    """Keep each address that answers the test: H111, H117, H093, H531; H191 and H530 where it does not answer well."""
    sender = authorised_sender(iys_code, brand_code)
    body = json_of_request()
    asked = body.get("connection") if isinstance(body, dict) else None
    if not isinstance(asked, list) or not asked or not all(isinstance(one, dict) for one in asked):
        raise Refused(Problem("H111", ["type"]))
    refuse_if([problem for one in asked for problem in _connection_problems(one)])
    if len({one["type"] for one in asked}) < len(asked):
        raise Refused(NOT_REACHED)
    for one in asked:
        _register_connection(sender, one)
    return {"message": "Bağlantı oluşturuldu"}


@blueprint.get(f"{PUSH}/registration")
@iys_endpoint(Operation.PUSH_LIST)
def registered(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """The addresses of a brand, also those that did not answer the test."""
    sender = authorised_sender(iys_code, brand_code)
    with sandbox().store.reading() as db:
        rows = db.execute("SELECT * FROM push WHERE brand_code = ? ORDER BY id", (sender.brand_code,)).fetchall()
    return [_connection_as_wire(row) for row in rows]


@blueprint.post(f"{PUSH}/unregistration")
@iys_endpoint(Operation.PUSH_REMOVE)
def remove(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """Forget one address; its username and password must be those it was registered with (H530)."""
    sender = authorised_sender(iys_code, brand_code)
    body = json_of_request()
    refuse_if(list(_connection_problems(body if isinstance(body, dict) else {})))
    where = "brand_code = ? AND type = ? AND url = ? AND username = ? AND password = ?"
    values = (sender.brand_code, body["type"], body["url"], body["username"], body["password"])
    with sandbox().store.transaction() as db:
        if db.execute(f"DELETE FROM push WHERE {where}", values).rowcount == 0:  # nosec B608
            raise Refused(NOT_REGISTERED)
    return {"message": "Bağlantı Kaldırıldı"}


def _connection_problems(one: dict) -> Iterator[Problem]:
    if "type" not in one:
        yield Problem("H111", ["type"])
    elif one["type"] not in tuple(Channel):
        yield Problem("H117", ["type"], one["type"])
    for name in ("username", "password"):
        if not (isinstance(one.get(name), str) and one[name]):
            yield Problem("H093", [name], text=f"{name} bulunamadı.")
    if not _is_allowed_url(one.get("url")):
        yield Problem("H531", ["url"])


def _is_allowed_url(url: object) -> bool:
    if not isinstance(url, str):
        return False
    parts = urlsplit(url)
    is_here = parts.hostname in ("127.0.0.1", "localhost") and sandbox().may_push_in_clear
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and is_here))


def _register_connection(sender: Sender, one: dict) -> None:
    select = "SELECT count(*) FROM push WHERE brand_code = ? AND type = ? AND is_live AND url <> ?"
    with sandbox().store.reading() as db:
        live = db.execute(select, (sender.brand_code, one["type"], one["url"])).fetchone()[0]
    if live >= MOST_LIVE_OF_A_TYPE:
        raise Refused(NOT_REACHED)
    problem = _test_connection(one)  # No lock is held meanwhile: the address may well ask something of İYS.
    row = (sender.brand_code, one["type"], one["url"], one["username"], one["password"], problem is None)
    with sandbox().store.transaction() as db:
        columns = "brand_code, type, url, username, password, is_live, registered_at"
        insert = f"INSERT OR REPLACE INTO push ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)"
        db.execute(insert, (*row, iys_protocol.format_wire_date(now())))
    if problem:
        raise Refused(problem)


def _test_connection(one: dict) -> Problem | None:
    """A stranger must be turned away, and the true caller be taken in, each within five seconds."""
    try:
        if push_delivery.post_push(one["url"], push_delivery.TEST_BODY, None).status_code not in (401, 403):
            return NOT_REACHED
        answer = push_delivery.post_push(one["url"], push_delivery.TEST_BODY, (one["username"], one["password"]))
    except requests.Timeout:
        return TIMED_OUT
    except requests.RequestException:
        return NOT_REACHED
    return None if answer.ok else NOT_REACHED


def _connection_as_wire(row: sqlite3.Row) -> dict:
    status = "Bağlantı Oluşturuldu" if row["is_live"] else "Bağlantı Oluşturulamadı"
    return {"url": row["url"], "type": row["type"], "registerTime": row["registered_at"], "status": status}
