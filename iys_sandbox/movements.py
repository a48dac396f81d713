"""The sandbox's ledger: every movement in the order it was stored, the state of each key, and the answers to repeat."""

import hashlib
import sqlite3
from typing import NamedTuple

from iys_sandbox.database_file import File

WIRE_NAMES = {
    "seq": "seq",
    "iys_code": "iysCode",
    "brand_code": "brandCode",
    "recipient": "recipient",
    "recipient_type": "recipientType",
    "type": "type",
    "status": "status",
    "source": "source",
    "consent_date": "consentDate",
    "creation_date": "creationDate",
    "transaction_id": "transactionId",
}
COLUMNS = (*list(WIRE_NAMES)[1:], "side", "status_before", "citizen_name")
INSERT = f"INSERT INTO movement ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # nosec B608
OF_KEY = "brand_code = ? AND recipient = ? AND recipient_type = ? AND type = ?"


class Key(NamedTuple):
    """What a consent is about; the address in lower case, as İYS stores it."""

    brand_code: int
    recipient: str
    recipient_type: str
    type: str


class Stored(NamedTuple):
    """İYS's answer to a movement it has stored."""

    transaction_id: str
    creation_date: str


def key_of(brand_code: int, body: dict) -> Key:
    """The key a sound body speaks of; an absent recipient type means BIREYSEL."""
    return Key(brand_code, body["recipient"].lower(), body.get("recipientType", "BIREYSEL"), body["type"])


def head(db: sqlite3.Connection, key: Key) -> sqlite3.Row | None:
    """The state of a key: its latest movement."""
    return db.execute(f"SELECT * FROM record WHERE {OF_KEY}", key).fetchone()  # nosec B608


def append(
    db: File,
    iys_code: int,
    key: Key,
    before: sqlite3.Row | None,
    body: dict,
    creation_date: str,
    *,
    citizen_name: str | None = None,
) -> Stored:
    """Store a movement of a key whose state is `before`; two in one second share a transactionId, as at İYS.

    One that was created before the key's latest is only remembered: the state stays.
    """
    stored = Stored(_digest(db.seed, *map(str, key), creation_date), creation_date)
    facts = (body["status"], body.get("source"), body.get("consentDate"), stored.creation_date, stored.transaction_id)
    side = "IYS" if (body.get("source") or "").startswith("IYS_") else "HS"
    row = (iys_code, *key, *facts, side, before["status"] if before else None, citizen_name)
    db.execute(INSERT, row)
    if before is None or creation_date >= before["creation_date"]:
        db.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*key, *facts))
    if before is None:
        db.execute("UPDATE provider SET used = used + 1 WHERE iys_code = ?", (iys_code,))
    return stored


def answered(db: sqlite3.Connection, path: str, body: bytes) -> Stored | None:
    """What was answered to exactly this request before."""
    select = "SELECT transaction_id, creation_date FROM answered WHERE request_digest = ?"
    row = db.execute(select, (_request_digest(path, body),)).fetchone()
    return Stored(*row) if row else None


def remember_answer(db: sqlite3.Connection, path: str, body: bytes, stored: Stored) -> None:
    """Answer the same again when exactly this request comes again."""
    db.execute("INSERT INTO answered VALUES (?, ?, ?)", (_request_digest(path, body), *stored))


def granted(db: sqlite3.Connection, keys: list[Key]) -> list[str]:
    """The addresses among these keys whose state is ONAY, in the order asked."""
    heads = ((key, head(db, key)) for key in keys)
    return [key.recipient for key, record in heads if record and record["status"] == "ONAY"]


def as_wire(row: sqlite3.Row) -> dict:
    """A movement under İYS's names."""
    return {wire: row[column] for column, wire in WIRE_NAMES.items()}


def told(row: sqlite3.Row) -> dict:
    """A movement or a state as İYS's lists show it, without the codes it was asked by; "" for a date it never had."""
    names = {column: wire for column, wire in WIRE_NAMES.items() if column not in ("seq", "iys_code", "brand_code")}
    return {wire: row[column] or "" for column, wire in names.items()}


def counted(granted: int, refused: int) -> dict[str, int]:
    """How many granted and how many refused, in İYS's words."""
    return {"approval": granted, "rejection": refused}


def _request_digest(path: str, body: bytes) -> str:
    return hashlib.sha256(path.encode() + b"\0" + body).hexdigest()


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
