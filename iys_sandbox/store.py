"""The sandbox's SQLite file, which survives a kill at any moment: transactions, settings, tables."""

import json
import secrets
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from iys_sandbox import accounts


class SandboxConnection(sqlite3.Connection):
    """A connection with the seed of the file, from which its transactionIds are made."""

    seed: str

    def read_seed(self) -> None:
        """Read the seed; make it where the file is new."""
        self.execute("INSERT OR IGNORE INTO seed VALUES (1, ?)", (secrets.token_hex(16),))
        self.seed = self.execute("SELECT value FROM seed").fetchone()[0]


class Store:
    """One connection behind one lock: there are few calls, and nothing may interleave."""

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.chmod(0o600)  # It holds accounts and addresses in clear; SQLite gives its -wal and -shm the same mode.
        self._db = sqlite3.connect(
            path, timeout=30, isolation_level=None, check_same_thread=False, factory=SandboxConnection
        )
        self._db.row_factory = sqlite3.Row
        self._lock = threading.Lock()
        self.close = weakref.finalize(self, self._db.close)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        with suppress(sqlite3.OperationalError):  # There is no such file yet, or it has the column.
            self._db.execute("ALTER TABLE record ADD COLUMN retailer_code INTEGER")
        self._db.executescript(TABLES)
        self._db.read_seed()

    @contextmanager
    def transaction(self) -> Iterator[SandboxConnection]:
        """A writing transaction: on disk when it ends, or as if it had never begun."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[SandboxConnection]:
        """For selects only."""
        with self._lock:
            yield self._db

    def add_account(self, username: str, password: str, iys_code: int, brands: list[int], **more: Any) -> None:
        """Add an account, or change a known one; `more` are further fields of `SandboxAccount`."""
        self.save_account(accounts.SandboxAccount(username, password, iys_code, brands, **more))

    def save_account(self, account: accounts.SandboxAccount) -> None:
        with self.transaction() as db:
            accounts.save_account(db, account)

    def setting(self, name: str, default: Any) -> Any:
        with self.reading() as db:
            row = db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return json.loads(row["value"]) if row else default

    def save_setting(self, name: str, value: object) -> None:
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, json.dumps(value)))


TABLES = """
CREATE TABLE IF NOT EXISTS provider (
    iys_code INTEGER PRIMARY KEY, title TEXT NOT NULL, used INTEGER NOT NULL DEFAULT 0, subscription TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS brand (brand_code INTEGER PRIMARY KEY, iys_code INTEGER NOT NULL, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS account (
    username TEXT PRIMARY KEY, password_hash TEXT NOT NULL, iys_code INTEGER NOT NULL, brands TEXT NOT NULL,
    integrator_code INTEGER);
CREATE TABLE IF NOT EXISTS authority (
    username TEXT NOT NULL, brand_code INTEGER NOT NULL, rights TEXT NOT NULL, may_agree INTEGER NOT NULL,
    PRIMARY KEY (username, brand_code)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS token (
    digest TEXT PRIMARY KEY, kind TEXT NOT NULL, username TEXT NOT NULL, expires_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS movement (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, iys_code INTEGER NOT NULL, brand_code INTEGER NOT NULL,
    recipient TEXT NOT NULL, recipient_type TEXT NOT NULL, type TEXT NOT NULL, status TEXT NOT NULL,
    source TEXT, consent_date TEXT, creation_date TEXT NOT NULL, transaction_id TEXT NOT NULL,
    side TEXT NOT NULL DEFAULT 'HS', status_before TEXT, citizen_name TEXT);
CREATE TABLE IF NOT EXISTS record (
    brand_code INTEGER NOT NULL, recipient TEXT NOT NULL, recipient_type TEXT NOT NULL, type TEXT NOT NULL,
    status TEXT NOT NULL, source TEXT, consent_date TEXT, creation_date TEXT NOT NULL, transaction_id TEXT NOT NULL,
    retailer_code INTEGER, PRIMARY KEY (brand_code, recipient, recipient_type, type)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answered (
    request_digest TEXT PRIMARY KEY, transaction_id TEXT NOT NULL, creation_date TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS list (
    id INTEGER PRIMARY KEY, request_id TEXT NOT NULL UNIQUE, iys_code INTEGER NOT NULL, brand_code INTEGER NOT NULL,
    is_v2 INTEGER NOT NULL, received_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS list_item (
    list_id INTEGER NOT NULL, position INTEGER NOT NULL, sub_request_id TEXT NOT NULL, body TEXT NOT NULL,
    due_at INTEGER, transaction_id TEXT, creation_date TEXT, code TEXT,
    first_request_id TEXT, first_sub_request_id TEXT, PRIMARY KEY (list_id, position)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stored_item (
    item_digest TEXT PRIMARY KEY, request_id TEXT NOT NULL, sub_request_id TEXT NOT NULL,
    transaction_id TEXT NOT NULL, creation_date TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hour (
    caller TEXT NOT NULL, endpoint TEXT NOT NULL, started_at INTEGER NOT NULL, calls INTEGER NOT NULL,
    PRIMARY KEY (caller, endpoint));
CREATE TABLE IF NOT EXISTS push (
    id INTEGER PRIMARY KEY, brand_code INTEGER NOT NULL, type TEXT NOT NULL, url TEXT NOT NULL, username TEXT NOT NULL,
    password TEXT NOT NULL, is_live INTEGER NOT NULL, registered_at TEXT NOT NULL, UNIQUE (brand_code, type, url));
CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY, push_id INTEGER NOT NULL, body TEXT NOT NULL, due_at INTEGER, tries INTEGER NOT NULL,
    answer TEXT);
CREATE TABLE IF NOT EXISTS agreement (brand_code INTEGER NOT NULL, day TEXT NOT NULL, PRIMARY KEY (brand_code, day));
CREATE TABLE IF NOT EXISTS tampering (
    id INTEGER PRIMARY KEY, brand_code INTEGER NOT NULL, day TEXT NOT NULL, seq INTEGER, line TEXT);
CREATE TABLE IF NOT EXISTS retailer (
    id INTEGER PRIMARY KEY AUTOINCREMENT, iys_code INTEGER NOT NULL, brand_code INTEGER NOT NULL, fields TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS retailer_access (
    brand_code INTEGER NOT NULL, recipient TEXT NOT NULL, recipient_type TEXT NOT NULL, type TEXT NOT NULL,
    retailer_id INTEGER NOT NULL, PRIMARY KEY (brand_code, recipient, recipient_type, type, retailer_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tally (endpoint TEXT PRIMARY KEY, requests INTEGER NOT NULL, failures INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS seed (one INTEGER PRIMARY KEY CHECK (one = 1), value TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS movement_of_key ON movement (brand_code, recipient, recipient_type, type, seq);
CREATE INDEX IF NOT EXISTS movement_of_side ON movement (brand_code, side, creation_date, transaction_id, seq);
CREATE INDEX IF NOT EXISTS movement_of_day ON movement (brand_code, creation_date, transaction_id, seq);
CREATE INDEX IF NOT EXISTS movement_of_transaction ON movement (transaction_id);
CREATE INDEX IF NOT EXISTS record_of_recipient ON record (recipient);
CREATE INDEX IF NOT EXISTS item_due ON list_item (due_at, list_id, position) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS access_of_retailer ON retailer_access (retailer_id);
CREATE INDEX IF NOT EXISTS tampering_of_day ON tampering (brand_code, day);
"""
