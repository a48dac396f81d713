"""The ledger: every movement in the order it was stored, the state of each key, and the answers to repeat."""

import hashlib
import sqlite3
from typing import NamedTuple

from iys_sandbox.errors import JsonObject
from iys_sandbox.store import SandboxConnection

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
    """Key of a consent; the address in lower case, as İYS stores it."""

    brand_code: int
    recipient: str
    recipient_type: str
    type: str


class Stored(NamedTuple):
    """İYS's answer to a movement it has stored."""

    transaction_id: str
    creation_date: str


def key_of(brand_code: int, body: JsonObject) -> Key:
    """The key of a valid body; an absent recipient type means BIREYSEL."""
    return Key(brand_code, body["recipient"].lower(), body.get("recipientType", "BIREYSEL"), body["type"])


def latest_record(db: sqlite3.Connection, key: Key) -> sqlite3.Row | None:
    """The latest movement of a key, which is its state."""
    record: sqlite3.Row | None = db.execute(f"SELECT * FROM record WHERE {OF_KEY}", key).fetchone()  # nosec B608
    return record


def append(
    db: SandboxConnection,
    iys_code: int,
    key: Key,
    before: sqlite3.Row | None,
    body: JsonObject,
    creation_date: str,
    *,
    citizen_name: str | None = None,
) -> Stored:
    """Store a movement of a key whose state is `before`; two in one second share a transactionId, as at İYS.

    One that is older than the key's latest only joins the history: the state stays.
    """
    made_from = "\0".join([db.seed, *map(str, key), creation_date])
    stored = Stored(hashlib.sha256(made_from.encode()).hexdigest(), creation_date)
    facts = (body["status"], body.get("source"), body.get("consentDate"), stored.creation_date, stored.transaction_id)
    side = "IYS" if (body.get("source") or "").startswith("IYS_") else "HS"
    row = (iys_code, *key, *facts, side, before["status"] if before else None, citizen_name)
    db.execute(INSERT, row)
    if before is None or creation_date >= before["creation_date"]:
        state = (*key, *facts, body.get("retailerCode"))
        db.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", state)
    if before is None:
        db.execute("UPDATE provider SET used = used + 1 WHERE iys_code = ?", (iys_code,))
    return stored


def earlier_answer(db: sqlite3.Connection, path: str, body: bytes) -> Stored | None:
    """The answer to exactly this request, if it came before."""
    select = "SELECT transaction_id, creation_date FROM answered WHERE request_digest = ?"
    row = db.execute(select, (_request_digest(path, body),)).fetchone()
    return Stored(*row) if row else None


def remember_answer(db: sqlite3.Connection, path: str, body: bytes, stored: Stored) -> None:
    """Keep the answer for when exactly this request comes again."""
    db.execute("INSERT INTO answered VALUES (?, ?, ?)", (_request_digest(path, body), *stored))


def granted_addresses(db: sqlite3.Connection, keys: list[Key]) -> list[str]:
    """The addresses of the keys whose state is ONAY, in their order."""
    records = ((key, latest_record(db, key)) for key in keys)
    return [key.recipient for key, record in records if record and record["status"] == "ONAY"]


def as_wire(row: sqlite3.Row) -> JsonObject:
    """A movement under İYS's names."""
    return {wire: row[column] for column, wire in WIRE_NAMES.items()}


def as_list_item(row: sqlite3.Row) -> JsonObject:
    """A movement or a state as İYS's lists show it, without the codes it was asked by; "" for a date it never had."""
    names = {column: wire for column, wire in WIRE_NAMES.items() if column not in ("seq", "iys_code", "brand_code")}
    return {wire: row[column] or "" for column, wire in names.items()}


def as_feed_item(row: sqlite3.Row) -> JsonObject:
    """A movement as the changes feed and pushes show it: with a citizen's name where İYS knows one."""
    return as_list_item(row) | ({"citizenName": row["citizen_name"]} if row["citizen_name"] else {})


def _request_digest(path: str, body: bytes) -> str:
    return hashlib.sha256(path.encode() + b"\0" + body).hexdigest()
