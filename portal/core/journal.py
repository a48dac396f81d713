"""The journal: what people decided, kept outside the database too, so that no restored backup loses a refusal.

Whoever writes such rows notes them with their session; its commit appends them, encrypted, to the process's file of the
day and waits for the disk (`JournalledSession`). So whoever was answered stands in the journal. Threads that commit at
the same time share one fsync. A file belongs to one process; a new one begins each day, and where writing failed.
"""

import base64
import contextlib
import json
import os
import re
import secrets
import socket
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Enum, LargeBinary
from sqlalchemy.orm import Session

from portal.core import clock, sealed_records
from portal.core.database import WriterLock
from portal.core.models import Annulment, Base, Decision, Receipt, ReceiptDecision, Submission
from portal.core.models.base import UtcDateTime
from portal.core.vault import Vault

PLACE = "journal.record"
HANGS = 10.0  # Seconds; a disk that takes longer counts as failed.
NOTED = "noted for the journal"
TABLES: dict[str, type[Base]] = {
    model.__tablename__: model for model in (Decision, Submission, Receipt, ReceiptDecision, Annulment)
}
FILE_NAME = re.compile(r"(\d{4}-\d\d-\d\d)-[\w-]+\.journal", re.ASCII)

Row = dict[str, Any]
Record = dict[str, list[Row]]  # Rows by table: of one commit.

log = structlog.get_logger()


def note(session: Session, model: type[Base], rows: Iterable[Mapping[str, Any]]) -> None:
    """Have the session's commit append these rows, which it inserts."""
    session.info.setdefault(NOTED, {}).setdefault(model.__tablename__, []).extend(rows)


def take_noted(session: Session) -> Record:
    """What was noted since the last commit; it is noted no more."""
    noted: Record = session.info.pop(NOTED, {})
    return {table: rows for table, rows in noted.items() if rows}


class _Waiting:
    """A record whose thread waits until it is on the disk."""

    def __init__(self, plain: bytes):
        self.plain, self.is_done = plain, False


class Journal:
    """The files of this process in a folder; those of earlier days go after `kept_days`, whoever wrote them."""

    def __init__(self, folder: Path, vault: Vault, kept_days: int):
        self.folder, self.vault, self.kept_days = folder, vault, kept_days
        self.has_failed = False  # Something is in the database only, until a backup is made.
        self._waiting: deque[_Waiting] = deque()
        self._lock = WriterLock(HANGS)
        self._file: int | None = None
        self._of: tuple[date, int] | None = None  # The day and the process of the file: a forked child has its own.
        self._size = 0

    def append(self, record: Record) -> None:
        """Write a commit's rows and wait for the disk. Where that fails, the commit stands all the same: it is logged,
        and /readyz tells."""
        mine = _Waiting(_encode(record))
        self._waiting.append(mine)
        try:
            self._lock.acquire()
        except TimeoutError as error:
            return self._fail(1, error)
        try:
            if not mine.is_done:
                self._write([self._waiting.popleft() for _ in range(len(self._waiting))])
        finally:
            self._lock.release()

    def _write(self, waiting: Sequence[_Waiting]) -> None:
        try:
            file = self._open_todays()
            for each in waiting:
                packed = sealed_records.pack(self.vault, each.plain, PLACE, self._size)
                while packed:
                    written = os.write(file, packed)
                    packed, self._size = packed[written:], self._size + written
            os.fsync(file)
        except OSError as error:
            self._of = None  # What follows a half record goes to a new file.
            self._fail(len(waiting), error)
        for each in waiting:
            each.is_done = True

    def _fail(self, records: int, error: Exception) -> None:
        self.has_failed = True
        log.error("journal.failed", records=records, error=type(error).__name__)

    def _open_todays(self) -> int:
        today = clock.day(clock.now())
        if self._file is None or self._of != (today, os.getpid()):
            if self._file is not None:
                os.close(self._file)
                self._file = None
            host = re.sub(r"[^A-Za-z0-9]+", "-", socket.gethostname())[:60]
            name = f"{today}-{host}-{os.getpid()}-{secrets.token_hex(4)}.journal"
            self._file = os.open(self.folder / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
            self._of, self._size = (today, os.getpid()), 0
            self._delete_old(today)
            folder = os.open(self.folder, os.O_RDONLY)
            os.fsync(folder)  # Or the name of the new file might be lost.
            os.close(folder)
        return self._file

    def _delete_old(self, today: date) -> None:
        for day, path in list_files([self.folder]):
            if day < today - timedelta(days=self.kept_days):
                with contextlib.suppress(OSError):  # That an old file stays harms no decision.
                    path.unlink()


def list_files(folders: Iterable[Path]) -> list[tuple[date, Path]]:
    """The files of all processes, by day. Raises OSError for a folder that is not there."""
    found = [(FILE_NAME.fullmatch(path.name), path) for folder in folders for path in folder.iterdir()]
    return sorted((date.fromisoformat(named[1]), path) for named, path in found if named)


def read_file(path: Path, vault: Vault, tables: Collection[str] = tuple(TABLES)) -> Iterator[Record]:
    """The records of a file, as far as they are of these tables; rows have all columns. Raises Torn or Damaged after
    the last good one, and KeyMissing."""
    for plain in sealed_records.read(path, vault, PLACE):
        yield {
            table: [_decode(TABLES[table], row) for row in rows]
            for table, rows in json.loads(plain).items()
            if table in tables
        }


def _encode(record: Record) -> bytes:
    return json.dumps(record, default=_plain, separators=(",", ":")).encode()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(type(value).__name__)


def _decode(model: type[Base], row: Row) -> Row:
    return {column.name: _value(column.type, row.get(column.name)) for column in model.__table__.c}


def _value(type_: object, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(type_, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(type_, LargeBinary):
        return base64.b64decode(value)
    if isinstance(type_, Enum) and type_.enum_class is not None:
        return type_.enum_class(value)
    return value
