"""The SQLite file of a process' tests, emptied in place for each of them, so that connections to it stay open: a new
one takes milliseconds to read the schema, and has yet to prepare each statement."""

import contextlib
import shutil
import sqlite3
from pathlib import Path


class KeptFile:
    """Holds an empty database in memory, and writes its pages over what a test left."""

    def __init__(self) -> None:
        self._empty: sqlite3.Connection | None = None
        self._writer: sqlite3.Connection | None = None
        self._watcher: sqlite3.Connection | None = None  # Not the writer, which forgets the schema.
        self._path, self._as_copied = Path(), (0, 0)

    def copy(self, template: str, path: Path) -> None:
        """Make the file anew. Nobody may be connected to the one before."""
        shutil.copyfile(template, path)
        self._path = path
        self._writer, self._watcher = (sqlite3.connect(path, timeout=0, isolation_level=None) for _ in range(2))
        self._writer.execute("PRAGMA synchronous = OFF")
        self._empty = self._empty or sqlite3.connect(":memory:")
        self._writer.backup(self._empty)
        self._as_copied = self._state(self._watcher)

    def empty(self) -> bool:
        """Empty it. False where that is not possible: it was closed or replaced, has another schema, or is in use."""
        if self._empty is None or self._writer is None or self._watcher is None:
            return False
        with contextlib.suppress(OSError, sqlite3.Error):
            if self._state(self._watcher) != self._as_copied or _is_in_use(self._watcher):
                return False
            self._empty.backup(self._writer)
            self._writer.execute(f"PRAGMA schema_version = {self._as_copied[-1]}")  # As the connections know it.
            return True
        return False

    def close(self) -> None:
        """Let go of the file; the next test gets another."""
        for each in (self._writer, self._watcher):
            if each is not None:
                each.close()
        self._writer = self._watcher = None

    def _state(self, connection: sqlite3.Connection) -> tuple[int, int]:
        """Which file it is, and the number of its schema."""
        return self._path.stat().st_ino, connection.execute("PRAGMA schema_version").fetchone()[0]


def _is_in_use(watcher: sqlite3.Connection) -> bool:
    """Whether somebody writes, for whom a backup would wait without end, or still reads what was."""
    watcher.execute("BEGIN IMMEDIATE")
    watcher.execute("ROLLBACK")
    return bool(watcher.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
