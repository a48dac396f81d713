"""The journal: what people decided, kept outside the database too, so that no restored backup loses a refusal.

Whoever writes such rows notes them with their session; its commit appends them, encrypted, to the process's file of the
day and waits for the disk (`JournalledSession`). So whoever was answered stands in the journal. Threads that commit at
the same time share one fsync. A file belongs to one process; a new one begins each day.
"""

import contextlib
import os
import re
import secrets
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Engine, Table, update
from sqlalchemy.orm import Session

from portal.core import clock, sealed_records
from portal.core.durable_files import sync_folder
from portal.core.gap_files import GapFile, keep_reserve, list_gaps
from portal.core.journal_records import PLACE, Record, encode
from portal.core.models import Base, JournalGap
from portal.core.models.inserts import insert_or_add
from portal.core.vault import Vault

LONGEST_WAIT = 5.0  # Seconds; a disk that takes longer counts as failed, and is left alone for PAUSE.
PAUSE = 60.0
GAP = timedelta(minutes=10)  # A commit lasts no longer, nor is a process that was killed away for longer.
RECENT = timedelta(days=7)
COUNTED = ("failures", "starts")
NOTED = "noted for the journal"
FILE_NAME = re.compile(r"(\d{4}-\d\d-\d\d)-[\w-]+\.journal", re.ASCII)

log = structlog.get_logger()


def note(session: Session, table: type[Base] | Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Have the session's commit append these rows, which it inserts."""
    name = (table if isinstance(table, Table) else table.__table__).name
    session.info.setdefault(NOTED, {}).setdefault(name, []).extend(rows)


def take_noted(session: Session) -> Record:
    """What was noted since the last commit; it is noted no more."""
    noted: dict[str, Any] = session.info.pop(NOTED, {})
    return {table: [*rows.values()] if isinstance(rows, dict) else rows for table, rows in noted.items() if rows}


@contextlib.contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """A savepoint; where it is rolled back, what was noted within is noted no more."""
    noted = {table: rows.copy() for table, rows in session.info.get(NOTED, {}).items()}
    try:
        with session.begin_nested():
            yield
    except Exception:
        session.info[NOTED] = noted
        raise


class _PendingRecord:
    """A record whose thread waits until it is on the disk."""

    def __init__(self, record: Record):
        self.record, self.committed_at = record, clock.now()
        self.is_written, self.ended = False, threading.Event()


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
        self._unnoted_since: datetime | None = None
        self._guard = threading.Lock()
        self._waiting: deque[_PendingRecord] = deque()
        self._given_up: datetime | None = None  # When the first one was committed whose thread waited no longer.
        self._is_writing = False
        host = re.sub(r"[^A-Za-z0-9]+", "-", socket.gethostname())[:60]
        self._suffix = f"{host}-{os.getpid()}-{secrets.token_hex(4)}"
        self._gap = GapFile(self.folder, self._suffix)
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
            at = self._unnoted_since = self._unnoted_since or clock.now()
        row = {"id": JournalGap.THE_ONE, "since": (since := at - GAP), **{each: noted[each] for each in COUNTED}}
        try:
            with engine.begin() as connection:
                connection.execute(insert_or_add(Session(connection), JournalGap, row, sums=COUNTED))
                connection.execute(update(JournalGap).where(JournalGap.since > since).values(since=since))
        except Exception as error:  # The next commit tries again, for what failed first.
            log.error("journal.gap_not_noted", error=type(error).__name__)
            with self._guard:
                self._unnoted.update(noted)
                self._unnoted_since = min(at, self._unnoted_since or at)
        else:
            with self._guard:
                self._unnoted_since = self._unnoted_since if self._unnoted.total() else None

    def append(self, record: Record) -> bool:
        """Write rows and wait for the disk; whether it has them."""
        if self._process != os.getpid():
            self._begin_process()
        mine = _PendingRecord(record)
        if not self.is_paused:
            with self._guard:
                self._waiting.append(mine)
            self._wake_writer()
            if mine.ended.wait(LONGEST_WAIT):
                return mine.is_written
            self._pauses_until = time.monotonic() + PAUSE
            log.error("journal.hangs")
        with self._guard:
            with contextlib.suppress(ValueError):
                self._waiting.remove(mine)
            self._given_up = min(mine.committed_at, self._given_up or mine.committed_at)
        self._wake_writer()
        return False

    def _wake_writer(self) -> None:
        with self._guard:
            begins, self._is_writing = not self._is_writing, True
        if begins:
            threading.Thread(target=self._write_waiting, daemon=True).start()

    def _write_waiting(self) -> None:
        while True:
            with self._guard:
                waiting, lost_since = list(self._waiting), self._given_up
                self._waiting.clear()
                self._given_up = None
                self._is_writing = bool(waiting) or lost_since is not None
                if not self._is_writing:
                    return
            try:
                if waiting:
                    self._write(waiting)
            except Exception as error:  # None of them counts as written, whatever it was.
                self._close()
                lost_since = min(waiting[0].committed_at, lost_since or waiting[0].committed_at)
                log.error("journal.failed", records=len(waiting), error=type(error).__name__)
            self._mark_gap(lost_since)
            for each in waiting:
                each.ended.set()

    def _mark_gap(self, lost_since: datetime | None) -> None:
        """Before whoever waits is told: so a restore without this database knows of it, too."""
        if lost_since is not None:
            self._gap.extend(lost_since, clock.now())
        try:
            self._gap.save()
        except OSError as error:  # The next turn tries again.
            log.error("journal.gap_not_marked", error=type(error).__name__)
        if lost_since is None:
            self._gap.end()

    def _write(self, waiting: Sequence[_PendingRecord]) -> None:
        file, size = self._open_todays(), self._size
        for each in waiting:
            packed = sealed_records.pack(self.vault, encode(each.record), PLACE, size)
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
            self._name = f"{today}-{self._suffix}.journal"
            self._day, self._size = today, 0
            self._delete_old(today)
            with contextlib.suppress(OSError):
                keep_reserve(self.folder)
        if self._file is None:
            self._file = os.open(self.folder / self._name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            self._size = min(self._size, os.fstat(self._file).st_size)
            os.ftruncate(self._file, self._size)  # A half record, where writing failed.
            sync_folder(self.folder)
        return self._file

    def _close(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):  # A half record's room is needed on a full disk.
                os.ftruncate(self._file, self._size)
            with contextlib.suppress(OSError):
                os.close(self._file)
            self._file = None

    def _delete_old(self, today: date) -> None:
        """Not where nothing was written in the week before: this clock may be the one that is wrong."""
        files = [*list_files([self.folder]), *((clock.day(gap.until), gap.path) for gap in list_gaps([self.folder]))]
        if not any(today - RECENT <= day < today for day, _ in files):
            return
        for day, path in files:
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
