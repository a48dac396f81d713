"""İYS's changes feed: a brand's movements of the last 7 days except the last hour, oldest first, after a cursor."""

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from iys_sandbox import movements
from iys_sandbox.context import now, sandbox
from iys_sandbox.errors import Refused
from iys_sandbox.request_fields import parse_number
from iys_sandbox.rights import Sender
from iys_sandbox.wire_types import JsonObject
from portal.core import iys_protocol
from portal.core.iys_protocol import MAX_LIST_SIZE, Problem

OLDEST = timedelta(days=7)
WITHHELD = timedelta(minutes=60)


def changes_page(sender: Sender, query: Mapping[str, str]) -> JsonObject:
    """A page with `after` and `list`; H506, H507, and H098 for an invalid cursor.

    A cursor from before the window is no error in İYS's document: what lies between is passed over.
    """
    side = query.get("source", "IYS")
    if side not in ("HS", "IYS"):
        raise Refused(Problem("H506", ["source"], side))
    limit = parse_number("limit", "H507", MAX_LIST_SIZE)
    if not 0 < limit <= MAX_LIST_SIZE:
        raise Refused(Problem("H507", ["limit"], limit))
    rows = _movements_after(sender, side, _parse_cursor(query.get("after")), limit)
    return {"after": _cursor(rows[-1]) if rows else None, "list": [_movement_as_wire(row) for row in rows]}


def _movements_after(sender: Sender, side: str, after: tuple[str, str], limit: int) -> list[sqlite3.Row]:
    oldest, newest = (iys_protocol.format_wire_date(now() - age) for age in (OLDEST, WITHHELD))
    select = f"""SELECT * FROM movement WHERE brand_code = ? AND side = ? AND creation_date BETWEEN ? AND ?
        AND (creation_date, transaction_id) > (?, ?) AND type IN ({", ".join("?" * len(sender.rights))})
        ORDER BY creation_date, transaction_id, seq LIMIT ?"""  # nosec B608
    place = (sender.brand_code, side, max(oldest, after[0]), newest, *after)
    with sandbox().store.reading() as db:
        rows = db.execute(select, (*place, *sender.rights, limit + 1)).fetchall()
    return _whole_transactions(rows, limit)


def _whole_transactions(rows: list[sqlite3.Row], limit: int) -> list[sqlite3.Row]:
    """At most `limit` rows, not ending between two of one transactionId: the cursor could not tell them apart."""
    if len(rows) <= limit:
        return rows
    left_out = rows[limit]["transaction_id"]
    whole = [row for row in rows[:limit] if row["transaction_id"] != left_out]
    return whole or rows[:limit]


def _cursor(row: sqlite3.Row) -> str:
    created = int(iys_protocol.parse_wire_date(row["creation_date"]).timestamp() * 1000)
    return f"{created}_{row['transaction_id']}"


def _parse_cursor(cursor: str | None) -> tuple[str, str]:
    if not cursor:
        return "", ""
    time, _, transaction_id = cursor.partition("_")
    if not (time.isascii() and time.isdigit() and 9 < len(time) < 15 and transaction_id):
        raise Refused(Problem("H098"))
    return iys_protocol.format_wire_date(datetime.fromtimestamp(int(time) / 1000, UTC)), transaction_id


def _movement_as_wire(row: sqlite3.Row) -> JsonObject:
    name = {"citizenName": row["citizen_name"]} if row["citizen_name"] else {}
    return movements.as_list_item(row) | name
