"""The ledger of the sandbox as a web page and as JSON."""

import sqlite3
from math import ceil

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from iys_sandbox import bulk_lists
from iys_sandbox.context import sandbox
from iys_sandbox.faults import ENDPOINTS
from iys_sandbox.movements import WIRE_NAMES, as_wire
from iys_sandbox.store import LONGEST_NUMBER
from iys_sandbox.wire_types import JsonObject

blueprint = Blueprint("ledger_page", __name__)
ROWS_PER_PAGE = 50
SEARCHED = " || ' ' || ".join(f"coalesce({column}, '')" for column in WIRE_NAMES if column != "seq")


@blueprint.get("/")
def show_ledger() -> ResponseReturnValue:
    """Movements, newest first; `q` filters by any text in a row, `page` counts from 1."""
    bulk_lists.judge_due_items(sandbox())
    text = request.args.get("q", "").strip()
    with sandbox().store.reading() as db:
        found = _count_matching(db, text)
        pages = max(ceil(found / ROWS_PER_PAGE), 1)
        page = min(max(request.args.get("page", 1, type=int), 1), pages)
        rows = _matching_rows(db, text, limit=ROWS_PER_PAGE, offset=(page - 1) * ROWS_PER_PAGE)
        tally = _call_counts(db)
    movements = [as_wire(row) for row in rows]
    return render_template(
        "iys_sandbox/ledger.html", movements=movements, text=text, found=found, page=page, pages=pages, tally=tally
    )


@blueprint.get("/ledger.json")
def ledger_json() -> ResponseReturnValue:
    """All movements, oldest first, and how the sandbox was called; `after` leaves out those up to that seq."""
    after = request.args.get("after", "0")
    if not after.isdecimal() or len(after) > LONGEST_NUMBER:
        return {"error": "after must be the seq of a movement"}, 400
    bulk_lists.judge_due_items(sandbox())
    with sandbox().store.reading() as db:
        rows = db.execute("SELECT * FROM movement WHERE seq > ? ORDER BY seq", (int(after),)).fetchall()
        tally = _call_counts(db)
    return {"movements": [as_wire(row) for row in rows], **tally}


def _matching_rows(db: sqlite3.Connection, text: str, *, limit: int, offset: int) -> list[sqlite3.Row]:
    select = f"SELECT * FROM movement WHERE {SEARCHED} LIKE ? ESCAPE '!' ORDER BY seq DESC LIMIT ? OFFSET ?"  # nosec B608
    return db.execute(select, (_like_pattern(text), limit, offset)).fetchall()


def _count_matching(db: sqlite3.Connection, text: str) -> int:
    select = f"SELECT count(*) FROM movement WHERE {SEARCHED} LIKE ? ESCAPE '!'"  # nosec B608
    return int(db.execute(select, (_like_pattern(text),)).fetchone()[0])


def _like_pattern(text: str) -> str:
    return "%" + text.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"


def _call_counts(db: sqlite3.Connection) -> JsonObject:
    rows = {row["endpoint"]: row for row in db.execute("SELECT * FROM tally")}
    requests = {endpoint: rows[endpoint]["requests"] if endpoint in rows else 0 for endpoint in ENDPOINTS}
    failures = sum(row["failures"] for row in rows.values())
    return {"token_calls": requests["token"], "requests": requests, "failures": failures}
