"""The sandbox's SQLite file, which survives a kill at any moment."""

import json
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from iys_sandbox import accounts, schema
from iys_sandbox.database_file import SandboxConnection

LONGEST_NUMBER = 18  # Digits that SQLite surely holds.


class Store:
    """One connection behind one lock: there are few calls, and nothing may interleave."""

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(
            path, timeout=30, isolation_level=None, check_same_thread=False, factory=SandboxConnection
        )
        self._db.row_factory = sqlite3.Row
        self._lock = threading.Lock()
        self.close = weakref.finalize(self, self._db.close)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        schema.create_or_upgrade_tables(self._db)
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
        """Add an account, or change a known one; `more` are further fields of `Account`."""
        self.save_account(accounts.Account(username, password, iys_code, brands, **more))

    def save_account(self, account: accounts.Account) -> None:
        with self.transaction() as db:
            accounts.save_account(db, account)

    def setting(self, name: str, default: Any) -> Any:
        with self.reading() as db:
            row = db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return json.loads(row["value"]) if row else default

    def save_setting(self, name: str, value: object) -> None:
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, json.dumps(value)))
