"""Bulk adds: a list is accepted at once, its items are judged later, the result can be read after five minutes.

Accepting a list is one transaction, judging its items another. The due times are in the file; the next request that
looks judges all due items as of the moment they were due.
"""

import hashlib
import json
import sqlite3
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from iys_sandbox import consent_add, movements
from iys_sandbox.consent_add import field_problems
from iys_sandbox.context import Sandbox, now, sandbox
from iys_sandbox.errors import JsonObject, Refused, refuse_if, refuse_list_if
from iys_sandbox.rights import AuthorisedSender
from iys_sandbox.state_rules import state_codes
from iys_sandbox.store import SandboxConnection
from portal.core import iys_protocol
from portal.core.iys_protocol import MAX_LIST_SIZE, IysProblem

RESULT_AFTER = timedelta(seconds=300)
RESULT_UNTIL = timedelta(days=60)
SECOND_VERSION = 2  # Not written out in İYS's name for it below, which a test would take for a secret.
# `seconds` until items are judged; a share of `laggards` takes `laggard_seconds`: `enqueue` in the first result.
DEFAULT_SETTINGS = {"seconds": 60, "laggards": 0.0, "laggard_seconds": 900}


class ItemOutcome(NamedTuple):
    """Result of one item: stored (perhaps by an earlier request), or the code of the rule it broke."""

    transaction_id: str | None = None
    creation_date: str | None = None
    code: str | None = None
    first_request_id: str | None = None
    first_sub_request_id: str | None = None


def accept_list(sender: AuthorisedSender, body: Any, *, is_v2: bool) -> JsonObject:
    """Accept a list and give its requestId and a subRequestId for each item, or refuse it as a whole."""
    late = _check_list(sender, body)
    at, settings = now(), {**DEFAULT_SETTINGS, **sandbox().store.setting("lists", {})}
    request_id = str(uuid.uuid4())
    creation_date = iys_protocol.format_wire_date(at)
    items = [{"subRequestId": str(uuid.uuid4()), "recipientType": "BIREYSEL", **item} for item in body]
    rows = [
        (
            position,
            items[position]["subRequestId"],
            json.dumps(item, sort_keys=True),
            _due_at(at, position, settings),
            "H467" if position in late else None,
        )
        for position, item in enumerate(body)
    ]
    with sandbox().store.transaction() as db:
        consent_add.check_quota(db, sender.iys_code, [movements.key_of(sender.brand_code, item) for item in body])
        of_list = (request_id, sender.iys_code, sender.brand_code, is_v2, int(at.timestamp()))
        columns = "request_id, iys_code, brand_code, is_v2, received_at"
        list_id = db.execute(f"INSERT INTO list ({columns}) VALUES (?, ?, ?, ?, ?)", of_list).lastrowid  # nosec B608
        columns = "list_id, position, sub_request_id, body, due_at, code"
        db.executemany(f"INSERT INTO list_item ({columns}) VALUES ({list_id}, ?, ?, ?, ?, ?)", rows)  # nosec B608
    return {"requestId": request_id, "subRequests": [item | {"creationDate": creation_date} for item in items]}


def list_result(sender: AuthorisedSender, request_id: str, *, is_v2: bool) -> list[JsonObject]:
    """The result of each item; empty before 300 s, after 60 days, and for an unknown list."""
    tests = {"H198": len(request_id) > 36, "H199": request_id.isalpha(), "H400": request_id.isdigit()}
    refuse_if([IysProblem(code, ["requestId"], request_id) for code, is_so in tests.items() if is_so])
    with sandbox().store.reading() as db:
        found = db.execute(
            "SELECT id, received_at FROM list WHERE request_id = ? AND brand_code = ? AND is_v2 = ?",
            (request_id, sender.brand_code, is_v2),
        ).fetchone()
        age = now() - datetime.fromtimestamp(found["received_at"], UTC) if found else None
        if age is None or age < RESULT_AFTER or age > RESULT_UNTIL:
            return []
        select = "SELECT * FROM list_item WHERE list_id = ? ORDER BY position"
        items = db.execute(select, (found["id"],)).fetchall()
    return [_item_result(item, request_id, is_v2=is_v2) for item in items]


def judge_due_items(to_judge: Sandbox) -> None:
    """Judge the items whose time has come, each as of the second it was due; one transaction for each list."""
    while True:
        with to_judge.store.reading() as db:
            due = "SELECT list_id, due_at FROM list_item WHERE due_at <= ? ORDER BY due_at, list_id LIMIT 1"
            first = db.execute(due, (to_judge.second(),)).fetchone()
        if first is None:
            return
        with to_judge.store.transaction() as db:
            _judge_items(db, first["list_id"], first["due_at"])


def _check_list(sender: AuthorisedSender, body: Any) -> set[int]:
    """Refuse a wrong list. Returns the positions of items that are only too old, where H467 is the item's result."""
    if not isinstance(body, list) or not body or not all(isinstance(item, dict) for item in body):
        raise Refused(IysProblem("H092"))
    if len(body) > MAX_LIST_SIZE:
        raise Refused(IysProblem("H091"))
    for item in body:
        sender.check_write_right(item.get("type"))
    at = now()
    with sandbox().store.reading() as db:
        problems = [field_problems(db, sender, item, at) for item in body]
    found = [(position, problem) for position, its in enumerate(problems) for problem in its]
    late = (
        {position for position, problem in found if problem.code == "H467"} if sandbox().expiry_status == 400 else set()
    )
    found = [(position, problem) for position, problem in found if position not in late or problem.code != "H467"]
    refuse_list_if(sorted(found + _repeated_items(body), key=lambda one: one[0]))
    return late


def _repeated_items(body: list[JsonObject]) -> list[tuple[int, IysProblem]]:
    seen, found = set(), []
    for position, item in enumerate(body):
        key = (str(item.get("recipient")).lower(), item.get("recipientType", "BIREYSEL"), str(item.get("type")))
        if key in seen:
            found.append((position, IysProblem("H194")))
        seen.add(key)
    return found


def _due_at(at: datetime, position: int, settings: JsonObject) -> int:
    is_laggard = (position * 37) % 100 < settings["laggards"] * 100  # Spread evenly over the list.
    return int(at.timestamp()) + int(settings["laggard_seconds"] if is_laggard else settings["seconds"])


def _judge_items(db: SandboxConnection, list_id: int, due_at: int) -> None:
    of_list = db.execute("SELECT * FROM list WHERE id = ?", (list_id,)).fetchone()
    select = "SELECT * FROM list_item WHERE list_id = ? AND due_at = ? ORDER BY position"
    creation_date = iys_protocol.format_wire_date(datetime.fromtimestamp(due_at, UTC))
    items = db.execute(select, (list_id, due_at)).fetchall()
    settled = [(*_judge_item(db, of_list, item, creation_date), list_id, item["position"]) for item in items]
    changes = ", ".join(f"{column} = ?" for column in ItemOutcome._fields)
    db.executemany(f"UPDATE list_item SET due_at = NULL, {changes} WHERE list_id = ? AND position = ?", settled)  # nosec B608


def _judge_item(db: SandboxConnection, of_list: sqlite3.Row, item: sqlite3.Row, creation_date: str) -> ItemOutcome:
    body = json.loads(item["body"])
    digest = hashlib.sha256(f"{of_list['brand_code']}\0{item['body']}".encode()).hexdigest()
    if of_list["is_v2"]:
        known = db.execute("SELECT * FROM stored_item WHERE item_digest = ?", (digest,)).fetchone()
        if known:
            first = (known["request_id"], known["sub_request_id"])
            return ItemOutcome(known["transaction_id"], known["creation_date"], None, *first)
    key = movements.key_of(of_list["brand_code"], body)
    head = movements.latest_record(db, key)
    codes = state_codes(head, body) or ([item["code"]] if item["code"] else [])
    if codes:
        return ItemOutcome(code=codes[0])
    stored = consent_add.store_consent(db, of_list["iys_code"], key, head, body, creation_date)
    if of_list["is_v2"]:
        row = (digest, of_list["request_id"], item["sub_request_id"], *stored)
        db.execute("INSERT INTO stored_item VALUES (?, ?, ?, ?, ?)", row)
    return ItemOutcome(*stored)


def _item_result(item: sqlite3.Row, request_id: str, *, is_v2: bool) -> JsonObject:
    # İYS's documents spell this key both ways, in one answer too.
    name = "subrequestId" if item["position"] % 2 else "subRequestId"
    status = "enqueue" if item["due_at"] is not None else "failure" if item["code"] else "success"
    shown: JsonObject = {"index": item["position"], "status": status, name: item["sub_request_id"]}
    if item["transaction_id"]:
        stored = {"transactionId": item["transaction_id"], "creationDate": item["creation_date"]}
        shown |= {"requestId": request_id, **stored}
    if item["code"] and item["due_at"] is None:
        problem = IysProblem(item["code"])
        shown["error"] = {"code": problem.code, "message": problem.message}
    if is_v2:
        shown[f"isAddConsentV{SECOND_VERSION}Service"] = "true"
    if item["first_request_id"]:
        first = {"requestId": item["first_request_id"], "subRequestId": item["first_sub_request_id"]}
        shown["originalRequestInformation"] = first
    return shown
