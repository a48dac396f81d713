"""The sandbox's web pages: its ledger (also as JSON), and a form on which a tester acts as a citizen."""

import sqlite3
from math import ceil

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from iys_sandbox import bulk_lists, controls
from iys_sandbox.citizens import InvalidAction
from iys_sandbox.context import sandbox
from iys_sandbox.errors import LONGEST_NUMBER, JsonObject
from iys_sandbox.faults import ENDPOINTS
from iys_sandbox.movements import WIRE_NAMES, as_wire

blueprint = Blueprint("pages", __name__)
ROWS_PER_PAGE = 50
SEARCHED = " || ' ' || ".join(f"coalesce({column}, '')" for column in WIRE_NAMES if column != "seq")
MATCHING = f"WHERE {SEARCHED} LIKE ? ESCAPE '!'"
CLOSE_LINE = "close_line"
ACTION_FAILED = "Bu işlem yapılamadı: adres seçilen kanala uymalıdır (+905321234567 ya da ayse@example.com)."


@blueprint.get("/")
def show_ledger() -> ResponseReturnValue:
    """Movements, newest first; `q` filters by any text in a row, `page` counts from 1."""
    bulk_lists.judge_due_items(sandbox())
    text = request.args.get("q", "").strip()
    pattern = "%" + text.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"
    with sandbox().store.reading() as db:
        found = int(db.execute(f"SELECT count(*) FROM movement {MATCHING}", (pattern,)).fetchone()[0])  # nosec B608
        pages = max(ceil(found / ROWS_PER_PAGE), 1)
        page = min(max(request.args.get("page", 1, type=int), 1), pages)
        select = f"SELECT * FROM movement {MATCHING} ORDER BY seq DESC LIMIT ? OFFSET ?"  # nosec B608
        rows = db.execute(select, (pattern, ROWS_PER_PAGE, (page - 1) * ROWS_PER_PAGE)).fetchall()
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


def _call_counts(db: sqlite3.Connection) -> JsonObject:
    rows = {row["endpoint"]: row for row in db.execute("SELECT * FROM tally")}
    requests = {endpoint: rows[endpoint]["requests"] if endpoint in rows else 0 for endpoint in ENDPOINTS}
    failures = sum(row["failures"] for row in rows.values())
    return {"token_calls": requests["token"], "requests": requests, "failures": failures}


@blueprint.get("/citizens")
def show_form() -> ResponseReturnValue:
    """The empty form."""
    return _render_page()


@blueprint.post("/citizens/act")
def act_from_page() -> ResponseReturnValue:
    """Apply one action of the form and show the ledger, with it on top."""
    given = {name: text.strip() for name, text in request.form.items() if text.strip()}
    act = given.pop("act", None)
    fields: JsonObject
    if act == CLOSE_LINE:
        fields = {name: given[name] for name in ("recipient", "brandCode") if name in given} | {CLOSE_LINE: True}
    else:
        fields = given | {"status": act}
    try:
        controls.apply_citizen_action(fields)
    except InvalidAction:
        return _render_page(ACTION_FAILED), 400
    return redirect(url_for(".show_ledger"), 303)


def _render_page(problem: str = "") -> str:
    with sandbox().store.reading() as db:
        rows = db.execute("SELECT brand_code, name FROM brand ORDER BY brand_code").fetchall()
    brands = [(row["brand_code"], row["name"]) for row in rows]
    return render_template("iys_sandbox/citizens.html", problem=problem, given=MultiDict(request.form), brands=brands)
