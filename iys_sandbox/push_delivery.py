"""Delivery of pushes: one row for each delivery, retried until it is answered."""

import json
import random
import sqlite3
import threading
from collections.abc import Iterable

import requests

from iys_sandbox import movements
from iys_sandbox.context import Sandbox
from iys_sandbox.wire_types import JsonObject

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


def plan_deliveries(sandbox: Sandbox, made: Iterable[sqlite3.Row]) -> None:
    """Queue deliveries of these movements, if made at İYS, to the live addresses of their brand and type."""
    settings = {**DEFAULT_SETTINGS, **sandbox.store.setting("push", {})}
    due_at = sandbox.second() + int(settings["delay"])
    with sandbox.store.transaction() as db:
        for row in made:
            if row["side"] != "IYS":
                continue
            body = json.dumps({"list": [_movement_as_wire(row)]}, ensure_ascii=False)
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
    answer = _post_delivery(row)
    is_done = answer.isdigit() and 200 <= int(answer) < 300
    with sandbox.store.transaction() as db:
        due_at = None if is_done else again_at
        db.execute("UPDATE delivery SET answer = ?, due_at = ? WHERE id = ?", (answer, due_at, row["id"]))
    return is_done


def _post_delivery(row: sqlite3.Row) -> str:
    try:
        return str(post_push(row["url"], row["body"], (row["username"], row["password"])).status_code)
    except requests.RequestException as failure:
        return type(failure).__name__


def _movement_as_wire(row: sqlite3.Row) -> JsonObject:
    name = {"citizenName": row["citizen_name"]} if row["citizen_name"] else {}
    return {"iysCode": row["iys_code"], "brandCode": row["brand_code"]} | movements.as_list_item(row) | name
