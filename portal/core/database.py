"""How the portal holds its database: one engine that writes, one that only reads, alike on SQLite and PostgreSQL.

SQLite writers begin with BEGIN IMMEDIATE (a deferred transaction that reads first fails at once when another writes),
and queue in order of arrival inside a process, since SQLite's own waiting is unfair. Readers never wait (WAL).
"""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import Any, cast

from sqlalchemy import CursorResult, Dialect, Engine, UpdateBase, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session

from portal.core.models import ids

PING_AFTER = 1.0  # Seconds in the pool after which a connection is asked whether it still lives.
WRITER_TIMEOUT = 10.0  # Seconds a writer waits for its turn before it gives up.
POSTGRESQL_URL = "postgresql+psycopg://"


def sqlalchemy_url(setting: str) -> str:
    """The SQLAlchemy address of DATABASE_URL, which may be spelled as other tools spell it."""
    for prefix in ("postgresql://", "postgres://"):
        if setting.startswith(prefix):
            return POSTGRESQL_URL + setting.removeprefix(prefix)
    return setting


def writer_options(url: str) -> dict:
    """Engine options for the engine that writes."""
    quiet = {"hide_parameters": True}  # An error names its statement, never the values.
    return quiet if url.startswith("sqlite") else quiet | {"pool_size": 10}


def reader_options(url: str) -> dict:
    """Engine options for the engine that reads: no transaction is opened, and the database itself refuses a write."""
    options = writer_options(url) | {"isolation_level": "AUTOCOMMIT"}
    if not url.startswith("sqlite"):
        options["connect_args"] = {"options": "-c default_transaction_read_only=on"}
    return options


def attach_listeners(writer: Engine, reader: Engine) -> None:
    """Attach what each connection needs; called once per process."""
    ids.claim_nodes_from(writer)
    for engine in (writer, reader):
        event.listen(engine, "checkin", _note_checkin)
        event.listen(engine, "checkout", partial(_ping_if_idle, engine.dialect))
    if writer.dialect.name == "sqlite":
        event.listen(writer, "connect", _configure_sqlite)
        event.listen(reader, "connect", _configure_sqlite)
        event.listen(reader, "connect", _make_read_only)
        queue = WriterLock()
        event.listen(writer, "begin", lambda connection: _begin_immediate(connection, queue))
        event.listen(writer, "checkin", lambda _, record: _release_writer(record, queue))


@contextlib.contextmanager
def pipelined(session: Session) -> Iterator[None]:
    """Statements in this block that ask for no rows are sent without waiting for the answer of each, on PostgreSQL.

    What the database refuses is raised by the driver at the end of the block.
    """
    session.flush()  # The ORM counts the rows of its updates, and needs the answer for it.
    driver = session.connection().connection.driver_connection
    with driver.pipeline() if hasattr(driver, "pipeline") else contextlib.nullcontext():
        yield


def changed_rows(session: Session, statement: UpdateBase) -> int:
    """Execute an UPDATE or DELETE; how many rows it changed."""
    return cast("CursorResult[Any]", session.execute(statement)).rowcount


def _note_checkin(_connection, record) -> None:
    record.info["resting_since"] = time.monotonic()


def _ping_if_idle(dialect: Dialect, connection, record, _lent) -> None:
    """A server that was restarted leaves dead connections behind. Asking each time would cost a statement."""
    if time.monotonic() - record.info.get("resting_since", time.monotonic()) < PING_AFTER:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as lost:
        raise DisconnectionError from lost  # The pool then opens another.


def _configure_sqlite(connection, _record) -> None:
    connection.isolation_level = None  # The driver opens no transaction behind our back.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={int(WRITER_TIMEOUT * 1000)}",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _make_read_only(connection, _record) -> None:
    connection.execute("PRAGMA query_only=ON")


def _begin_immediate(connection, queue: "WriterLock") -> None:
    if not connection.info.get("has_turn"):
        queue.enter()
        connection.info["has_turn"] = True
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _release_writer(record, queue: "WriterLock") -> None:
    if record.info.pop("has_turn", False):
        queue.leave()


class WriterLock:
    """A lock that is given in the order in which it was asked for."""

    def __init__(self, patience: float = WRITER_TIMEOUT):
        self._patience = patience
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False

    def enter(self) -> None:
        """Wait for one's turn. Raises TimeoutError when patience (seconds) runs out."""
        turn = threading.Event()
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            self._waiting.append(turn)
        if turn.wait(self._patience):
            return
        with self._guard:
            if not turn.is_set():
                self._waiting.remove(turn)
                raise TimeoutError("No turn to write in time: another writer holds the database.")

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._waiting)

    def leave(self) -> None:
        """Pass the turn to whoever waits longest."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False
