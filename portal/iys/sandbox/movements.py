"""The sandbox's ledger: every movement in the order it was stored, and the answers to repeat."""

import hashlib
import sqlite3
from typing import NamedTuple

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
    """The latest movement of a key."""
    select = "SELECT * FROM movement WHERE brand_code = ? AND recipient = ? AND recipient_type = ? AND type = ?"
    return db.execute(f"{select} ORDER BY seq DESC LIMIT 1", key).fetchone()


def append(db: sqlite3.Connection, iys_code: int, key: Key, body: dict, creation_date: str) -> Stored:
    """Store a movement; two of one key in one second share a transactionId, as at İYS."""
    seed = db.execute("SELECT value FROM seed").fetchone()["value"]
    transaction_id = _digest(seed, *map(str, key), creation_date)
    row = (iys_code, *key, body["status"], body.get("source"), body.get("consentDate"), creation_date, transaction_id)
    columns = ", ".join(list(WIRE_NAMES)[1:])
    db.execute(f"INSERT INTO movement ({columns}) VALUES ({', '.join('?' * len(row))})", row)
    return Stored(transaction_id, creation_date)


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


def _request_digest(path: str, body: bytes) -> str:
    return hashlib.sha256(path.encode() + b"\0" + body).hexdigest()


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
