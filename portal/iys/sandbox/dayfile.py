"""The file of a brand's day: every movement, by whoever made it; and what a tester has falsified in it."""

import csv
import hashlib
import io
import json
import sqlite3
from collections.abc import Mapping
from datetime import date

from . import movements
from .box import Box

COLUMNS = ("creationDate", "transactionId", "recipient", "recipientType", "type", "status", "consentDate", "source")


class NoSuchRow(ValueError):
    """Nothing there to falsify; the text says what was looked for."""


def rows(of: Box, brand_code: int, day: date) -> list[dict]:
    """The day's movements as its file shows them, each with the status `before` it, in the file's order."""
    with of.store.reading() as db:
        stored = _stored(db, brand_code, day)
        select = "SELECT * FROM tampering WHERE brand_code = ? AND day = ? ORDER BY id"
        falsified = db.execute(select, (brand_code, day.isoformat())).fetchall()
    for one in falsified:
        stored = _falsified(stored, one)
    return sorted(stored, key=lambda row: (row["creationDate"], row["transactionId"]))


def content(of: Box, brand_code: int, day: date) -> bytes:
    """The CSV, with its heading and a line end after its last line; empty for a day without movements."""
    found = rows(of, brand_code, day)
    if not found:
        return b""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([row[column] for column in COLUMNS] for row in found)
    return text.getvalue().encode()


def digest(of_content: bytes) -> str:
    """SHA-384 as İYS tells it."""
    return hashlib.sha384(of_content).hexdigest()


def falsify(
    of: Box,
    *,
    brand_code: int | None = None,
    day: date | None = None,
    transaction_id: str | None = None,
    drop: bool = False,
    alter: Mapping[str, object] | None = None,
    add: Mapping[str, object] | None = None,
) -> dict:
    """Let the file of a day leave a movement out, show it altered, or show one that never was; the row as it shows.

    The movement is the one with `transaction_id`, or the first of the brand's `day`.
    """
    with of.store.transaction() as db:
        if add is not None:
            row = _invented(of, db, brand_code, day, add)
            return _keep(db, row.pop("brandCode"), row["creationDate"][:10], None, row)
        found = _found(db, brand_code, day, transaction_id)
        row = None if drop else _shown(found) | dict(alter or {})
        kept = _keep(db, found["brand_code"], found["creation_date"][:10], found["seq"], row)
        return kept or _shown(found)


def mend(of: Box) -> None:
    """Let every file show what truly was."""
    with of.store.transaction() as db:
        db.execute("DELETE FROM tampering")


def _stored(db: sqlite3.Connection, brand_code: int, day: date) -> list[dict]:
    select = "SELECT * FROM movement WHERE brand_code = ? AND creation_date BETWEEN ? AND ? ORDER BY seq"
    span = (f"{day.isoformat()} 00:00:00", f"{day.isoformat()} 23:59:59")
    return [_shown(row) for row in db.execute(select, (brand_code, *span))]


def _shown(row: sqlite3.Row) -> dict:
    return movements.told(row) | {"seq": row["seq"], "before": row["status_before"]}


def _falsified(stored: list[dict], one: sqlite3.Row) -> list[dict]:
    shown = json.loads(one["row"]) if one["row"] else None
    if one["seq"] is None:
        return [*stored, shown]
    return [shown if row["seq"] == one["seq"] else row for row in stored if row["seq"] != one["seq"] or shown]


def _keep(db: sqlite3.Connection, brand_code: int, day: str, seq: int | None, row: dict | None) -> dict | None:
    insert = "INSERT INTO tampering (brand_code, day, seq, row) VALUES (?, ?, ?, ?)"
    db.execute(insert, (brand_code, day, seq, json.dumps(row) if row else None))
    return row


def _found(db: sqlite3.Connection, brand_code: int | None, day: date | None, transaction_id: str | None) -> sqlite3.Row:
    if transaction_id is not None:
        found = db.execute("SELECT * FROM movement WHERE transaction_id = ?", (transaction_id,)).fetchone()
    elif brand_code is not None and day is not None:
        select = "SELECT * FROM movement WHERE brand_code = ? AND creation_date LIKE ? ORDER BY seq"
        found = db.execute(select, (brand_code, f"{day.isoformat()} %")).fetchone()
    else:
        raise NoSuchRow("name a movement by its transactionId, or by brandCode and day")
    if found is None:
        raise NoSuchRow("no such movement")
    return found


def _invented(
    of: Box, db: sqlite3.Connection, brand_code: int | None, day: date | None, add: Mapping[str, object]
) -> dict:
    if brand_code is None or day is None:
        raise NoSuchRow("a row is added to a day: brandCode and day")
    number = db.execute("SELECT count(*) FROM tampering").fetchone()[0]
    created = f"{day.isoformat()} 12:00:00"
    usual = {
        "creationDate": created,
        "transactionId": hashlib.sha256(f"invented {brand_code} {day} {number}".encode()).hexdigest(),
        "recipient": "+905320000000",
        "recipientType": "BIREYSEL",
        "type": "MESAJ",
        "status": "ONAY",
        "consentDate": created,
        "source": "HS_WEB",
        "seq": None,
        "before": None,
    }
    return usual | dict(add) | {"brandCode": brand_code}
