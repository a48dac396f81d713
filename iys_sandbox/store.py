"""The sandbox's memory: one SQLite file that survives a kill at any moment."""

import json
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from iys_sandbox import accounts, schema
from iys_sandbox.database_file import File

LONGEST_NUMBER = 18  # Digits that SQLite surely holds.


class Store:
    """One connection behind one lock: the sandbox is asked little, and nothing may interleave."""

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False, factory=File)
        self._db.row_factory = sqlite3.Row
        self._one_at_a_time = threading.Lock()
        self.close = weakref.finalize(self, self._db.close)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        schema.lay_out(self._db)
        self._db.read_seed()

    @contextmanager
    def transaction(self) -> Iterator[File]:
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
    def reading(self) -> Iterator[File]:
        """The file as it stands, for selects only."""
        with self._one_at_a_time:
            yield self._db

    def add_account(self, username: str, password: str, iys_code: int, brands: list[int], **more) -> None:
        """Let a user act for these brands; known already, it gets this password and these brands. See `Account`."""
        self.keep_account(accounts.Account(username, password, iys_code, brands, **more))

    def keep_account(self, account: accounts.Account) -> None:
        """Register an account, or change a known one."""
        with self.transaction() as db:
            accounts.add(db, account)

    def setting(self, name: str, default: object) -> object:
        """What a tester set under this name, or the default."""
        with self.reading() as db:
            row = db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return json.loads(row["value"]) if row else default

    def set(self, name: str, value: object) -> None:
        """Keep a tester's setting, over restarts."""
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, json.dumps(value)))
