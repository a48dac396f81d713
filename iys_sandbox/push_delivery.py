"""What is pushed to whom, and when: a row for each delivery, tried again while it is not answered."""

import json
import random
import sqlite3
import threading
from collections.abc import Iterable

import requests

from iys_sandbox import movements
from iys_sandbox.context import Box

PATIENCE = 5  # Seconds that İYS gives an address.
PAUSES = (60, 300, 900, 3600)  # Seconds before each further try.
# `delay` in seconds, `copies` of each delivery, in `shuffled` order, `held` back until the tester lets them go.
HABITS = {"delay": 0, "copies": 1, "shuffled": False, "held": False}
TEST = {
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


def plan(of: Box, made: Iterable[sqlite3.Row]) -> None:
    """Write down who is to be told of these movements, if İYS made them: the live addresses of their brand and type."""
    habits = HABITS | of.store.setting("push", {})
    due_at = of.second() + int(habits["delay"])
    with of.store.transaction() as db:
        for row in made:
            if row["side"] != "IYS":
                continue
            body = json.dumps({"list": [_shown(row)]}, ensure_ascii=False)
            select = "SELECT id FROM push WHERE brand_code = ? AND type = ? AND is_live"
            for push in db.execute(select, (row["brand_code"], row["type"])).fetchall():
                columns = "push_id, body, due_at, tries"
                insert = f"INSERT INTO delivery ({columns}) VALUES (?, ?, ?, 0)"  # nosec B608
                db.executemany(insert, [(push["id"], body, due_at)] * int(habits["copies"]))


def deliver_due(of: Box, *, even_held: bool = False) -> int:
    """Try every delivery whose time has come; how many were answered well."""
    habits = HABITS | of.store.setting("push", {})
    if habits["held"] and not even_held:
        return 0
    with of.store.reading() as db:
        select = """SELECT delivery.*, url, username, password FROM delivery JOIN push ON push.id = push_id
                    WHERE due_at <= ? ORDER BY due_at, delivery.id"""
        due = db.execute(select, (of.second(),)).fetchall()
    if habits["shuffled"]:
        random.Random(len(due)).shuffle(due)
    return sum(_deliver(of, row) for row in due)


def keep_delivering(of: Box, *, every: float) -> None:
    """Deliver what is due from a thread of its own until the program ends, for a sandbox that runs by itself."""

    def run() -> None:
        while not never.wait(every):
            deliver_due(of)

    never = threading.Event()
    threading.Thread(target=run, name="deliveries", daemon=True).start()


def post(url: str, body: object, auth: tuple[str, str] | None) -> requests.Response:
    """One POST as İYS makes it: JSON, Basic auth, five seconds, no redirects followed."""
    data = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    headers = {"Content-Type": "application/json"}
    return requests.post(url, data=data.encode(), headers=headers, auth=auth, timeout=PATIENCE, allow_redirects=False)


def _deliver(of: Box, row: sqlite3.Row) -> bool:
    claim = "UPDATE delivery SET tries = tries + 1, due_at = ? WHERE id = ? AND tries = ? AND due_at IS NOT NULL"
    pause = PAUSES[row["tries"]] if row["tries"] < len(PAUSES) else None
    again_at = of.second() + pause if pause else None
    with of.store.transaction() as db:
        if db.execute(claim, (again_at, row["id"], row["tries"])).rowcount == 0:
            return False  # Another thread was first.
    answer = _answer(row)
    is_done = answer.isdigit() and 200 <= int(answer) < 300
    with of.store.transaction() as db:
        due_at = None if is_done else again_at
        db.execute("UPDATE delivery SET answer = ?, due_at = ? WHERE id = ?", (answer, due_at, row["id"]))
    return is_done


def _answer(row: sqlite3.Row) -> str:
    try:
        return str(post(row["url"], row["body"], (row["username"], row["password"])).status_code)
    except requests.RequestException as failure:
        return type(failure).__name__


def _shown(row: sqlite3.Row) -> dict:
    name = {"citizenName": row["citizen_name"]} if row["citizen_name"] else {}
    return {"iysCode": row["iys_code"], "brandCode": row["brand_code"]} | movements.told(row) | name
