"""Demo gateway: an HTTP service that sends nothing but shows messages like a phone, for demonstrations and tests.

It stores the masked address and the text, never the clear address.
"""

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from math import ceil
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from portal.core import addresses, clock
from portal.core.paths import ROOT

PAGE = 50
MOST_MESSAGES = 1000  # In one call.
LONGEST_CALL = 4 * 1024 * 1024  # Bytes.
LINK = re.compile(r"https?://[^\s<>\"']+")
SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, masked_address TEXT NOT NULL, text TEXT NOT NULL,
    received_at TEXT NOT NULL, subject TEXT NOT NULL DEFAULT '', one_click TEXT NOT NULL DEFAULT '')
"""
NEWEST = "SELECT masked_address, text, subject, one_click, received_at FROM message ORDER BY seq DESC LIMIT ? OFFSET ?"
# Columns that an older file may lack.
ADDED = {
    "subject": "ALTER TABLE message ADD COLUMN subject TEXT NOT NULL DEFAULT ''",
    "one_click": "ALTER TABLE message ADD COLUMN one_click TEXT NOT NULL DEFAULT ''",
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

blueprint = Blueprint("messages", __name__)


def create_gateway(path: Path) -> Flask:
    """The gateway with its SQLite file at `path`, created if missing."""
    app = Flask(__name__, template_folder=ROOT / "templates", static_folder=ROOT / "static")
    app.config.update(GATEWAY_FILE=Path(path), MAX_CONTENT_LENGTH=LONGEST_CALL)
    app.jinja_env.filters.update(with_links=linkify, wall_clock=istanbul_time)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.register_blueprint(blueprint)
    app.after_request(_set_headers)
    _create_database(app.config["GATEWAY_FILE"])
    return app


def create_gateway_from_environment() -> Flask:
    return create_gateway(Path(os.environ["GATEWAY_FILE"]))


@blueprint.post("/messages")
def receive_messages() -> ResponseReturnValue:
    """Take {"messages": [{"id", "to", "text"}, …]}, also "subject" and "one_click": 202. An id counts once."""
    rows = _parse_messages(request.get_json(silent=True))
    if rows is None:
        return {"error": f'expected {{"messages": [{{"id", "to", "text"}}, …]}}, at most {MOST_MESSAGES} of them'}, 400
    at = clock.now().isoformat()
    with _open_database() as db, db:
        statement = (
            "INSERT OR IGNORE INTO message (id, masked_address, text, subject, one_click, received_at) "
            "VALUES (?, ?, ?, ?, ?, ?)"
        )
        db.executemany(statement, [(*row, at) for row in rows])
    return {"taken": len(rows)}, 202


@blueprint.get("/")
def show_messages() -> str:
    """Messages as on a phone, newest first; `page` counts from 1."""
    with _open_database() as db:
        count = db.execute("SELECT count(*) FROM message").fetchone()[0]
        pages = max(ceil(count / PAGE), 1)
        page = min(max(request.args.get("page", 1, type=int), 1), pages)
        messages = db.execute(NEWEST, (PAGE, (page - 1) * PAGE)).fetchall()
    return render_template("messaging/viewer.html", messages=messages, count=count, page=page, pages=pages)


@blueprint.get("/health")
def show_health() -> dict[str, str]:
    with _open_database() as db:
        db.execute("SELECT 1 FROM message LIMIT 1")
    return {"status": "ok"}


def linkify(text: str) -> Markup:
    """The text with its URLs as links."""
    shown, end = Markup(), 0
    for link in LINK.finditer(text):
        shown += escape(text[end : link.start()]) + Markup('<a href="{0}">{0}</a>').format(link.group())
        end = link.end()
    return shown + escape(text[end:])


def istanbul_time(at: str) -> str:
    return clock.istanbul(datetime.fromisoformat(at)).strftime("%d.%m.%Y %H:%M")


def _parse_messages(body: object) -> list[tuple[str, ...]] | None:
    """(id, masked address, text, subject, one_click) of each message; None where the body has another shape."""
    messages = body.get("messages") if isinstance(body, dict) else None
    if not isinstance(messages, list) or len(messages) > MOST_MESSAGES or not all(map(_is_message, messages)):
        return None
    return [
        (str(each["id"]), addresses.mask(each["to"]), each["text"], each.get("subject", ""), each.get("one_click", ""))
        for each in messages
    ]


def _is_message(item: object) -> bool:
    return (
        isinstance(item, dict)
        and type(item.get("id")) in (int, str)
        and isinstance(item.get("to"), str)
        and isinstance(item.get("text"), str)
        and isinstance(item.get("subject", ""), str)
        and isinstance(item.get("one_click", ""), str)
    )


def _create_database(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=30)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(SCHEMA)
        there = {column[1] for column in db.execute("PRAGMA table_info(message)")}
        for column in ADDED.keys() - there:
            db.execute(ADDED[column])


@contextmanager
def _open_database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(current_app.config["GATEWAY_FILE"], timeout=30)) as db:
        db.row_factory = sqlite3.Row
        yield db


def _set_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    return response
