"""The file of what arrived on phones: masked address and text, never the clear address."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, masked_address TEXT NOT NULL, text TEXT NOT NULL,
    received_at TEXT NOT NULL, subject TEXT NOT NULL DEFAULT '', one_click TEXT NOT NULL DEFAULT '',
    header TEXT NOT NULL DEFAULT '', parts INTEGER NOT NULL DEFAULT 0)
"""
# Columns that an older file may lack.
ADDED = {
    "subject": "ALTER TABLE message ADD COLUMN subject TEXT NOT NULL DEFAULT ''",
    "one_click": "ALTER TABLE message ADD COLUMN one_click TEXT NOT NULL DEFAULT ''",
    "header": "ALTER TABLE message ADD COLUMN header TEXT NOT NULL DEFAULT ''",
    "parts": "ALTER TABLE message ADD COLUMN parts INTEGER NOT NULL DEFAULT 0",
}
INSERT = """
INSERT OR IGNORE INTO message (id, masked_address, text, received_at, subject, one_click, header, parts)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
NEWEST = "SELECT * FROM message ORDER BY seq DESC LIMIT ? OFFSET ?"


@dataclass(frozen=True)
class ShownMessage:
    """A message as the phone shows it. `received_at` is an ISO time; `parts` 0 is unknown."""

    id: str
    masked_address: str
    text: str
    received_at: str
    subject: str = ""
    one_click: str = ""
    header: str = ""
    parts: int = 0


class Phone:
    """The messages in the SQLite file at `path`, created if missing."""

    def __init__(self, path: Path):
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute(SCHEMA)
            there = {column[1] for column in db.execute("PRAGMA table_info(message)")}
            for column in ADDED.keys() - there:
                db.execute(ADDED[column])

    def add(self, messages: Iterable[ShownMessage]) -> None:
        """Show messages; an id counts once."""
        with self._open() as db, db:
            db.executemany(INSERT, map(astuple, messages))

    def count(self) -> int:
        with self._open() as db:
            return int(db.execute("SELECT count(*) FROM message").fetchone()[0])

    def newest(self, most: int, skipped: int) -> list[sqlite3.Row]:
        with self._open() as db:
            return db.execute(NEWEST, (most, skipped)).fetchall()

    def clear(self) -> None:
        with self._open() as db, db:
            db.execute("DELETE FROM message")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=30)) as db:
            db.row_factory = sqlite3.Row
            yield db
