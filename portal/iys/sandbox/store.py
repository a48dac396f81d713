"""The sandbox's memory: one SQLite file that survives a kill at any moment."""

import secrets
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from werkzeug.security import generate_password_hash

LONGEST_NUMBER = 18  # Digits that SQLite surely holds.

SCHEMA = """
CREATE TABLE IF NOT EXISTS account (
    username TEXT PRIMARY KEY, password_hash TEXT NOT NULL, iys_code INTEGER NOT NULL, brands TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS token (
    digest TEXT PRIMARY KEY, kind TEXT NOT NULL, username TEXT NOT NULL, expires_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS movement (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, iys_code INTEGER NOT NULL, brand_code INTEGER NOT NULL,
    recipient TEXT NOT NULL, recipient_type TEXT NOT NULL, type TEXT NOT NULL, status TEXT NOT NULL,
    source TEXT, consent_date TEXT, creation_date TEXT NOT NULL, transaction_id TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS movement_of_key ON movement (brand_code, recipient, recipient_type, type, seq);
CREATE TABLE IF NOT EXISTS answered (
    request_digest TEXT PRIMARY KEY, transaction_id TEXT NOT NULL, creation_date TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS hour (
    caller TEXT NOT NULL, endpoint TEXT NOT NULL, started_at INTEGER NOT NULL, calls INTEGER NOT NULL,
    PRIMARY KEY (caller, endpoint));
CREATE TABLE IF NOT EXISTS tally (endpoint TEXT PRIMARY KEY, requests INTEGER NOT NULL, failures INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS seed (one INTEGER PRIMARY KEY CHECK (one = 1), value TEXT NOT NULL);
"""


class Store:
    """One connection behind one lock: the sandbox is asked little, and nothing may interleave."""

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._one_at_a_time = threading.Lock()
        self.close = weakref.finalize(self, self._db.close)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(SCHEMA)
        self._db.execute("INSERT OR IGNORE INTO seed VALUES (1, ?)", (secrets.token_hex(16),))

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A writing transaction: on disk when it ends, or as if it had never begun."""
        with self._one_at_a_time:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The file as it stands, for selects only."""
        with self._one_at_a_time:
            yield self._db

    def add_account(self, username: str, password: str, iys_code: int, brands: list[int]) -> None:
        """Let a user act for these brands; known already, it gets this password and these brands."""
        # Cheap to check: it guards nothing real, and tests sign in often.
        password_hash = generate_password_hash(password, method="pbkdf2:sha256:1000")
        row = (username, password_hash, iys_code, ",".join(str(brand) for brand in brands))
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO account VALUES (?, ?, ?, ?)", row)
