"""The CSV file of a brand's day with every movement, what a tester has falsified in it, and its time stamp."""

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import NamedTuple

from iys_sandbox.context import Sandbox
from iys_sandbox.store import SandboxConnection

COLUMNS = ("creationDate", "transactionId", "recipient", "recipientType", "type", "status", "consentDate", "source")
SELECT = """SELECT creation_date, transaction_id, recipient, recipient_type, type, status, coalesce(consent_date, ''),
    coalesce(source, ''), status_before, seq FROM movement"""
# Object identifiers and tags of DER.
SHA384 = bytes.fromhex("608648016503040202")
TST_INFO = bytes.fromhex("2a864886f70d0109100104")
SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
POLICY = bytes.fromhex("2a0304")  # 1.2.3.4, as in everybody's examples.
INTEGER, OCTETS, NULL, OID, TIME, SEQUENCE, SET, EXPLICIT = 0x02, 0x04, 0x05, 0x06, 0x18, 0x30, 0x31, 0xA0


class Line(NamedTuple):
    """A movement as the file shows it, with the previous status of its key and its position in the ledger."""

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
        return {name: str(value) for name, value in zip(COLUMNS, self, strict=False)}

    def altered(self, fields: Mapping[str, object]) -> "Line":
        """The line with some fields of the file replaced."""
        shown = [str(fields.get(name, value)) for name, value in self.as_wire().items()]
        return Line._make([*shown, self.before, self.seq])


class NoSuchLine(ValueError):
    """No such line to falsify; the text says what was looked for."""


def day_lines(sandbox: Sandbox, brand_code: int, day: date) -> list[Line]:
    """The day's movements as its file shows them, in the file's order."""
    with sandbox.store.reading() as db:
        where = "WHERE brand_code = ? AND creation_date BETWEEN ? AND ? ORDER BY creation_date, transaction_id, seq"
        span = (f"{day.isoformat()} 00:00:00", f"{day.isoformat()} 23:59:59")
        stored = [Line._make(row) for row in db.execute(f"{SELECT} {where}", (brand_code, *span))]
        select = "SELECT seq, line FROM tampering WHERE brand_code = ? AND day = ? ORDER BY id"
        falsified = db.execute(select, (brand_code, day.isoformat())).fetchall()
    for seq, text in falsified:
        shown = [Line(*json.loads(text))] if text else []
        stored = [line for line in stored if seq is None or line.seq != seq] + shown
    return sorted(stored, key=lambda line: line[:2]) if falsified else stored


def day_csv(sandbox: Sandbox, brand_code: int, day: date) -> bytes:
    """The CSV, with its heading and a line end after its last line; empty for a day without movements."""
    found = day_lines(sandbox, brand_code, day)
    if not found:
        return b""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(line[: len(COLUMNS)] for line in found)
    return text.getvalue().encode()


def csv_digest(content: bytes) -> str:
    """SHA-384 in hexadecimal digits."""
    return hashlib.sha384(content).hexdigest()


def falsify(
    sandbox: Sandbox,
    *,
    brand_code: int | None = None,
    day: date | None = None,
    transaction_id: str | None = None,
    drop: bool = False,
    alter: Mapping[str, object] | None = None,
    add: Mapping[str, object] | None = None,
) -> Line:
    """Make the file of a day leave a movement out, alter it, or show an invented one; returns the line concerned.

    The movement is the one with `transaction_id`, or the first of the brand's `day`.
    """
    if not drop and alter is None and add is None:
        raise ValueError("nothing is falsified")
    with sandbox.store.transaction() as db:
        if add is not None:
            brand_code, line = _invented_line(db, brand_code, day)
            line = line.altered(add)
            _save_tampering(db, brand_code, None, line, day=line.creation_date[:10])
            return line
        brand_code, line = _find_line(db, brand_code, day, transaction_id)
        shown = None if drop else line.altered(alter or {})
        _save_tampering(db, brand_code, line.seq, shown, day=line.creation_date[:10])
        return shown or line


def remove_tampering(sandbox: Sandbox) -> None:
    """Let every file show the true movements again."""
    with sandbox.store.transaction() as db:
        db.execute("DELETE FROM tampering")


def _save_tampering(db: SandboxConnection, brand_code: int, seq: int | None, line: Line | None, *, day: str) -> None:
    insert = "INSERT INTO tampering (brand_code, day, seq, line) VALUES (?, ?, ?, ?)"
    db.execute(insert, (brand_code, day, seq, json.dumps(line) if line else None))


def _find_line(
    db: SandboxConnection, brand_code: int | None, day: date | None, transaction_id: str | None
) -> tuple[int, Line]:
    values: tuple[int | str, ...]
    if transaction_id is not None:
        where, values = "WHERE transaction_id = ?", (transaction_id,)
    elif brand_code is not None and day is not None:
        where, values = "WHERE brand_code = ? AND creation_date LIKE ?", (brand_code, f"{day.isoformat()} %")
    else:
        raise NoSuchLine("name a movement by its transactionId, or by brandCode and day")
    found = db.execute(f"{SELECT} {where} ORDER BY seq", values).fetchone()
    if found is None:
        raise NoSuchLine("no such movement")
    line = Line._make(found)
    return db.execute("SELECT brand_code FROM movement WHERE seq = ?", (line.seq,)).fetchone()[0], line


def _invented_line(db: SandboxConnection, brand_code: int | None, day: date | None) -> tuple[int, Line]:
    if brand_code is None or day is None:
        raise NoSuchLine("a row is added to a day: brandCode and day")
    number = db.execute("SELECT count(*) FROM tampering").fetchone()[0]
    created = f"{day.isoformat()} 12:00:00"
    transaction_id = hashlib.sha256(f"invented {brand_code} {day} {number}".encode()).hexdigest()
    return brand_code, Line(created, transaction_id, "+905320000000", "BIREYSEL", "MESAJ", "ONAY", created, "HS_WEB")


def timestamp_response(content: bytes, *, made_at: datetime) -> bytes:
    """A granted TimeStampResp (RFC 3161), unsigned: it names the SHA-384 of `content`, and proves nothing."""
    digest = hashlib.sha384(content).digest()
    algorithm = _der(SEQUENCE, _der(OID, SHA384), _der(NULL))
    serial = _der(INTEGER, b"\x01" + digest[:8])
    time = _der(TIME, made_at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode())
    imprint = _der(SEQUENCE, algorithm, _der(OCTETS, digest))
    info = _der(SEQUENCE, _der(INTEGER, b"\x01"), _der(OID, POLICY), imprint, serial, time)
    encapsulated = _der(SEQUENCE, _der(OID, TST_INFO), _der(EXPLICIT, _der(OCTETS, info)))
    signed = _der(SEQUENCE, _der(INTEGER, b"\x03"), _der(SET, algorithm), encapsulated, _der(SET))
    token = _der(SEQUENCE, _der(OID, SIGNED_DATA), _der(EXPLICIT, signed))
    granted = _der(SEQUENCE, _der(INTEGER, b"\x00"))
    return _der(SEQUENCE, granted, token)


def _der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body
