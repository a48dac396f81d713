"""The journal: what people decided, kept outside the database too, so that no restored backup loses a refusal.

Whoever writes such rows notes them with their session; its commit appends them, encrypted, to the process's file of the
day and waits for the disk (`JournalledSession`). So whoever was answered stands in the journal. Threads that commit at
the same time share one fsync. A file belongs to one process; a new one begins each day.
"""

import base64
import contextlib
import errno
import json
import os
import re
import secrets
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Engine, Enum, LargeBinary
from sqlalchemy.orm import Session

from portal.core import clock, sealed_records
from portal.core.models import Annulment, Base, Decision, JournalGap, Receipt, ReceiptDecision, Submission
from portal.core.models.base import UtcDateTime
from portal.core.models.inserts import insert_or_add
from portal.core.vault import Vault

PLACE = "journal.record"
LONGEST_WAIT = 5.0  # Seconds; a disk that takes longer counts as failed, and is left alone for PAUSE.
PAUSE = 60.0
GAP = timedelta(minutes=10)  # A commit lasts no longer, nor is a process that was killed away for longer.
COUNTED = ("failures", "starts")
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


class _PendingRecord:
    """A record whose thread waits until it is on the disk."""

    def __init__(self, record: Record):
        self.record, self.is_written, self.ended = record, False, threading.Event()


class Journal:
    """The files of this process in a folder; those of earlier days go after `kept_days`, whoever wrote them.

    A thread of its own writes, so that a disk that hangs holds nobody else up."""

    def __init__(self, folder: Path, vault: Vault, kept_days: int):
        self.folder, self.vault, self.kept_days = folder, vault, kept_days
        self._begin_process()

    def _begin_process(self) -> None:
        """A forked child has a file and a thread of its own."""
        self._process = os.getpid()
        self._unnoted = Counter(starts=1)
        self._guard = threading.Lock()
        self._waiting: deque[_PendingRecord] = deque()
        self._is_writing = False
        self._pauses_until = 0.0
        self._day: date | None = None
        self._name = ""
        self._file: int | None = None
        self._size = 0  # Of what is known to be on the disk.

    @property
    def has_failed(self) -> bool:
        """Whether something is in the database only, and that could not even be noted there."""
        return self._unnoted["failures"] > 0

    @property
    def is_paused(self) -> bool:
        """Whether the disk took too long within the last minute."""
        return time.monotonic() < self._pauses_until

    def add(self, engine: Engine, record: Record) -> None:
        """Append what a commit wrote, if anything, and note in the database where that failed, or where a process
        begins: the one before may have been killed between commit and append. Raises nothing: the commit stands."""
        if self._process != os.getpid():
            self._begin_process()
        is_written = not record or self.append(record)
        with self._guard:
            self._unnoted["failures"] += not is_written
            noted, self._unnoted = self._unnoted, Counter()
        if not noted.total():
            return
        row = {"id": JournalGap.THE_ONE, "since": clock.now() - GAP, **{each: noted[each] for each in COUNTED}}
        try:
            with engine.begin() as connection:
                connection.execute(insert_or_add(Session(connection), JournalGap, row, sums=COUNTED))
        except Exception as error:  # The next commit tries again.
            log.error("journal.gap_not_noted", error=type(error).__name__)
            with self._guard:
                self._unnoted.update(noted)

    def append(self, record: Record) -> bool:
        """Write rows and wait for the disk; whether it has them."""
        if self._process != os.getpid():
            self._begin_process()
        if self.is_paused:
            return False
        mine = _PendingRecord(record)
        with self._guard:
            self._waiting.append(mine)
            begins, self._is_writing = not self._is_writing, True
        if begins:
            threading.Thread(target=self._write_waiting, daemon=True).start()
        if not mine.ended.wait(LONGEST_WAIT):
            self._pauses_until = time.monotonic() + PAUSE
            with self._guard, contextlib.suppress(ValueError):
                self._waiting.remove(mine)
            log.error("journal.hangs")
        return mine.is_written

    def _write_waiting(self) -> None:
        while True:
            with self._guard:
                waiting = list(self._waiting)
                self._waiting.clear()
                self._is_writing = bool(waiting)
            if not waiting:
                return
            try:
                self._write(waiting)
            except Exception as error:  # None of them counts as written, whatever it was.
                self._close()
                log.error("journal.failed", records=len(waiting), error=type(error).__name__)
            for each in waiting:
                each.ended.set()

    def _write(self, waiting: Sequence[_PendingRecord]) -> None:
        file, size = self._open_todays(), self._size
        for each in waiting:
            packed = sealed_records.pack(self.vault, _encode(each.record), PLACE, size)
            while packed:
                written = os.write(file, packed)
                packed, size = packed[written:], size + written
        os.fsync(file)
        self._size = size
        for each in waiting:
            each.is_written = True

    def _open_todays(self) -> int:
        today = clock.day(clock.now())
        if self._day != today:
            self._close()
            host = re.sub(r"[^A-Za-z0-9]+", "-", socket.gethostname())[:60]
            self._name = f"{today}-{host}-{os.getpid()}-{secrets.token_hex(4)}.journal"
            self._day, self._size = today, 0
            self._delete_old(today)
        if self._file is None:
            self._file = os.open(self.folder / self._name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            self._size = min(self._size, os.fstat(self._file).st_size)
            os.ftruncate(self._file, self._size)  # A half record, where writing failed.
            self._keep_name()
        return self._file

    def _keep_name(self) -> None:
        """Or the name of the new file might be lost."""
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        except OSError as error:
            if error.errno != errno.EINVAL:  # Some file systems keep names by themselves.
                raise
        finally:
            os.close(folder)

    def _close(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.close(self._file)
            self._file = None

    def _delete_old(self, today: date) -> None:
        for day, path in list_files([self.folder]):
            if day < today - timedelta(days=self.kept_days):
                with contextlib.suppress(OSError):  # That an old file stays harms no decision.
                    path.unlink()


def list_files(folders: Iterable[Path]) -> list[tuple[date, Path]]:
    """The files of all processes, by day. Raises OSError for a folder that is not there."""
    found = [(FILE_NAME.fullmatch(path.name), path) for folder in folders for path in folder.iterdir()]
    return sorted((day, path) for named, path in found if named and (day := _day(named[1])))


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:  # 2026-02-30: somebody else's file.
        return None


def read_file(
    path: Path, vault: Vault, tables: Collection[str] = tuple(TABLES), **on_problem: Callable[[Exception], None]
) -> Iterator[Record]:
    """The records of a file, as far as they are of these tables; rows have all columns. See sealed_records.read."""
    for plain in sealed_records.read(path, vault, PLACE, **on_problem):
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
