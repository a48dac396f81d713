"""The file of a brand's day: every movement, by whoever made it; and what a tester has falsified in it."""

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from iys_sandbox.context import Box
from iys_sandbox.database_file import File

COLUMNS = ("creationDate", "transactionId", "recipient", "recipientType", "type", "status", "consentDate", "source")
SELECT = """SELECT creation_date, transaction_id, recipient, recipient_type, type, status, coalesce(consent_date, ''),
    coalesce(source, ''), status_before, seq FROM movement"""


class Line(NamedTuple):
    """A movement as the file shows it, with the status its key had before and its place in the ledger."""

    creation_date: str
    transaction_id: str
    recipient: str
    recipient_type: str
    type: str
    status: str
    consent_date: str
    source: str
    before: str | None = None
    seq: int | None = None

    def as_wire(self) -> dict[str, str]:
        """Its fields under the names of the file."""
        return dict(zip(COLUMNS, self, strict=False))

    def altered(self, fields: Mapping[str, object]) -> "Line":
        """The line with some fields of the file replaced."""
        shown = [fields.get(name, value) for name, value in self.as_wire().items()]
        return Line(*map(str, shown), self.before, self.seq)


class NoSuchRow(ValueError):
    """Nothing there to falsify; the text says what was looked for."""


def lines(of: Box, brand_code: int, day: date) -> list[Line]:
    """The day's movements as its file shows them, in the file's order."""
    with of.store.reading() as db:
        stored = _stored(db, brand_code, day)
        select = "SELECT seq, line FROM tampering WHERE brand_code = ? AND day = ? ORDER BY id"
        falsified = db.execute(select, (brand_code, day.isoformat())).fetchall()
    for seq, text in falsified:
        shown = [Line(*json.loads(text))] if text else []
        stored = [line for line in stored if seq is None or line.seq != seq] + shown
    return sorted(stored, key=lambda line: line[:2]) if falsified else stored


def content(of: Box, brand_code: int, day: date) -> bytes:
    """The CSV, with its heading and a line end after its last line; empty for a day without movements."""
    found = lines(of, brand_code, day)
    if not found:
        return b""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(line[: len(COLUMNS)] for line in found)
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
) -> Line:
    """Let the file of a day leave a movement out, show it altered, or show one that never was; the line it is about.

    The movement is the one with `transaction_id`, or the first of the brand's `day`.
    """
    if not drop and alter is None and add is None:
        raise ValueError("nothing is falsified")
    with of.store.transaction() as db:
        if add is not None:
            line = _invented(db, brand_code, day).altered(add)
            _keep(db, brand_code, None, line, day=line.creation_date[:10])
            return line
        brand_code, line = _found(db, brand_code, day, transaction_id)
        shown = None if drop else line.altered(alter or {})
        _keep(db, brand_code, line.seq, shown, day=line.creation_date[:10])
        return shown or line


def mend(of: Box) -> None:
    """Let every file show what truly was."""
    with of.store.transaction() as db:
        db.execute("DELETE FROM tampering")


def _stored(db: File, brand_code: int, day: date) -> list[Line]:
    where = "WHERE brand_code = ? AND creation_date BETWEEN ? AND ? ORDER BY creation_date, transaction_id, seq"
    span = (f"{day.isoformat()} 00:00:00", f"{day.isoformat()} 23:59:59")
    return [Line._make(row) for row in db.execute(f"{SELECT} {where}", (brand_code, *span))]


def _keep(db: File, brand_code: int, seq: int | None, line: Line | None, *, day: str) -> None:
    insert = "INSERT INTO tampering (brand_code, day, seq, line) VALUES (?, ?, ?, ?)"
    db.execute(insert, (brand_code, day, seq, json.dumps(line) if line else None))


def _found(db: File, brand_code: int | None, day: date | None, transaction_id: str | None) -> tuple[int, Line]:
    if transaction_id is not None:
        where, values = "WHERE transaction_id = ?", (transaction_id,)
    elif brand_code is not None and day is not None:
        where, values = "WHERE brand_code = ? AND creation_date LIKE ?", (brand_code, f"{day.isoformat()} %")
    else:
        raise NoSuchRow("name a movement by its transactionId, or by brandCode and day")
    found = db.execute(f"{SELECT} {where} ORDER BY seq", values).fetchone()
    if found is None:
        raise NoSuchRow("no such movement")
    line = Line._make(found)
    return db.execute("SELECT brand_code FROM movement WHERE seq = ?", (line.seq,)).fetchone()[0], line


def _invented(db: File, brand_code: int | None, day: date | None) -> Line:
    if brand_code is None or day is None:
        raise NoSuchRow("a row is added to a day: brandCode and day")
    number = db.execute("SELECT count(*) FROM tampering").fetchone()[0]
    created = f"{day.isoformat()} 12:00:00"
    transaction_id = hashlib.sha256(f"invented {brand_code} {day} {number}".encode()).hexdigest()
    return Line(created, transaction_id, "+905320000000", "BIREYSEL", "MESAJ", "ONAY", created, "HS_WEB")
