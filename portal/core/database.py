"""Database engines: one that writes and one that is read-only, for SQLite (WAL) and PostgreSQL.

SQLite writers begin with BEGIN IMMEDIATE (a deferred transaction that reads first fails at once when another writes),
queue first in, first out inside a process, and look often whether another process is done: SQLite's own waiting is
unfair, since it sleeps up to a tenth of a second at a time. Readers never wait.
"""

import fcntl
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    CursorResult,
    Dialect,
    Engine,
    NullPool,
    UpdateBase,
    any_,
    create_engine,
    event,
    func,
    literal,
    select,
)
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.pool import ConnectionPoolEntry

from portal.core import ids, programs

PING_AFTER = 1.0  # Seconds in the pool after which a connection is pinged before use.
WRITER_TIMEOUT = 30.0  # Seconds a writer waits for the write lock: a long list takes seconds, on a busy machine ten.
LIST_TIMEOUT = 10.0  # Seconds a long list waits for another one, and holds a thread of the server.
WRITER_PAUSE = 0.0005  # Seconds between two looks for it while another process holds it.
LIST_PAUSE = 0.02  # Seconds between two looks whether another list is written.
CHECKPOINT_AFTER = 8000  # Pages of the WAL: with SQLite's 1,000 every 25th decision would wait for one.
TRANSIENT_SQLSTATES = ("08", "40", "53", "55", "57", "58")  # Their classes.
POSTGRESQL_URL = "postgresql+psycopg://"
REFUSE_WRITES = "SET default_transaction_read_only = on"
# PostgreSQL ends the transaction of a machine that vanished, and so its locks, when it has not answered for so long; by
# itself it would wait for hours.
NOTICE_DEAD_CLIENTS = (
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 2; "
    "SET tcp_user_timeout = '20s'"
)
# When a server counts as gone that a cut network says nothing of: seconds, and milliseconds for what was not received.
# Otherwise a thread waits for its answer for two hours. They are libpq's own, no start-up options.
UNREACHABLE = {
    "connect_timeout": 10, "keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}  # fmt: skip


def sqlalchemy_url(setting: str) -> str:
    """The SQLAlchemy URL of a DATABASE_URL, which may begin with postgres:// or postgresql://."""
    for prefix in ("postgresql://", "postgres://"):
        if setting.startswith(prefix):
            return POSTGRESQL_URL + setting.removeprefix(prefix)
    return setting


def is_server(url: str) -> bool:
    """Whether the data lie at a server, not in a file of this machine."""
    return not url.startswith("sqlite")


def writer_options(url: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Options of the engine that writes, by the settings DATABASE_POOL…

    Programs with loops open as many connections as their threads ask for: a thread that holds one of one pool and waits
    for one of the other would wait for ever for one that does the reverse.
    """
    quiet: dict[str, Any] = {"hide_parameters": True}  # An error names its statement, never the values.
    if not is_server(url):
        return quiet
    overflow = -1 if programs.own_role() in programs.ROLES.values() else config["DATABASE_POOL_OVERFLOW"]
    pool = {"pool_size": config["DATABASE_POOL_SIZE"], "max_overflow": overflow}
    arguments: dict[str, Any] = {"application_name": f"izinlink-{programs.own_role()}", **UNREACHABLE}
    if config["DATABASE_POOLING"] == "transaction":
        arguments["prepare_threshold"] = None  # The next transaction has another server connection.
    return quiet | pool | {"connect_args": arguments}


def reader_options(url: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Options of the read-only engine: it opens no transaction, and the database itself refuses writes."""
    options = writer_options(url, config) | {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}
    return options | {"pool_reset_on_return": None}  # There is nothing to roll back.


def attach_listeners(writer: Engine, reader: Engine, config: Mapping[str, Any]) -> None:
    """Attach the event listeners of both engines; called once per process."""
    options = {"connect_args": writer_options(str(writer.url), config).get("connect_args", {})}
    claimer = create_engine(writer.url, poolclass=NullPool, hide_parameters=True, **options)
    ids.claim_nodes(writer, claimer)
    for engine in (writer, reader):
        event.listen(engine, "checkin", lambda _, record: record.info.update(idle_since=time.monotonic()))
        event.listen(engine, "checkout", partial(_ping_if_idle, engine.dialect))
    if writer.dialect.name == "sqlite":
        event.listen(reader, "connect", partial(_configure_sqlite, wait=WRITER_TIMEOUT))
        event.listen(reader, "connect", lambda connection, _: connection.execute("PRAGMA query_only=ON"))
        lock = WriterLock()
        for engine in (writer, claimer):
            event.listen(engine, "connect", partial(_configure_sqlite, wait=0))  # _begin_immediate waits.
            event.listen(engine, "begin", lambda connection: _begin_immediate(connection, lock))
            event.listen(engine, "checkin", lambda _, record: _release_writer(record, lock))
    elif config["DATABASE_POOLING"] == "session":  # Otherwise it would hold for whoever gets the connection next.
        for engine in (writer, reader, claimer):
            event.listen(engine, "connect", lambda connection, _: _set_for_session(connection, NOTICE_DEAD_CLIENTS))
        event.listen(reader, "connect", lambda connection, _: _set_for_session(connection, REFUSE_WRITES))


def announce(at: Engine | Connection, cursor: Any, sql: str, values: Any) -> None:
    """Tell whoever listens for statements of one that is about to go straight to the driver."""
    for listener in at.dispatch.before_cursor_execute:
        listener(at, cursor, sql, values, None, False)


def as_dbapi_error(error: Exception, sql: str, dialect: Dialect) -> DBAPIError:
    """SQLAlchemy's error for the driver's."""
    base = dialect.loaded_dbapi.Error
    return cast("DBAPIError", DBAPIError.instance(sql, None, error, base, hide_parameters=True, dialect=dialect))


def within_transaction(connection: Connection, error: Exception, sql: str) -> DBAPIError:
    """The same for an error of a transaction, which its caller rolls back; a connection that is lost is given up."""
    if connection.dialect.is_disconnect(error, connection.connection.dbapi_connection, None):  # type: ignore[arg-type]
        connection.invalidate(error)
    return as_dbapi_error(error, sql, connection.dialect)


def is_one_of(session: Session, column: InstrumentedAttribute[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """The condition that a column has one of these values, for thousands of them: on PostgreSQL they are one parameter,
    since drivers take long to read as many placeholders."""
    if session.get_bind().dialect.name == "sqlite":
        return column.in_(values)
    return column == any_(literal(list(values), ARRAY(column.type)))


def changed_rows(session: Session, statement: UpdateBase) -> int:
    """Execute an INSERT, UPDATE or DELETE and return how many rows it changed."""
    count = cast("CursorResult[Any]", session.execute(statement)).rowcount
    return session.scalars(select(func.changes())).one() if count < 0 else count  # SQLite's driver: -1 after WITH.


DEADLOCK_TRIES = 3  # Each ends after the second in which PostgreSQL notices it.


def is_deadlock(error: DBAPIError) -> bool:
    """Whether PostgreSQL ended this transaction since it and another waited for each other (SQLSTATE 40P01)."""
    return getattr(error.orig, "sqlstate", None) == "40P01"


def is_unavailable(error: Exception) -> bool:
    """Whether the database is away, full or busy, or has no connection left; False for a fault of the statement."""
    if isinstance(error, PoolTimeout | PendingRollbackError | TimeoutError):
        return True
    is_wrapped = isinstance(error, OperationalError | InterfaceError)
    cause = getattr(error, "orig", None) if is_wrapped else error  # The driver's own, as in a pipeline.
    if (name := getattr(cause, "sqlite_errorname", None)) is not None:
        return is_wrapped and name != "SQLITE_ERROR"  # Of a missing table, too.
    state = getattr(cause, "sqlstate", None if is_wrapped else "")  # None: its connection is lost.
    return state is None or state[:2] in TRANSIENT_SQLSTATES


def _ping_if_idle(dialect: Dialect, connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """A server that restarted leaves dead connections in the pool. A ping at each checkout would cost a statement."""
    if time.monotonic() - record.info.get("idle_since", time.monotonic()) < PING_AFTER:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as lost:
        raise DisconnectionError from lost  # The pool then opens another.


def _set_for_session(connection: Any, settings: str) -> None:
    with connection.transaction():  # Or it would end with the first one that is rolled back.
        connection.execute(settings)  # As start-up options PgBouncer would reject them.


def _configure_sqlite(connection: Any, _record: object, wait: float) -> None:
    connection.isolation_level = None  # The driver must not open transactions by itself.
    timeout, checkpoint = f"busy_timeout={int(wait * 1000)}", f"wal_autocheckpoint={CHECKPOINT_AFTER}"
    for pragma in ("journal_mode=WAL", "synchronous=FULL", timeout, checkpoint, "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection, lock: "WriterLock") -> None:
    if not connection.info.get("has_lock"):
        lock.acquire()
        connection.info["has_lock"] = True
    driver: Any = connection.connection.driver_connection
    until = time.monotonic() + WRITER_TIMEOUT
    while time.monotonic() < until:
        try:
            driver.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_BUSY"):
                break
        time.sleep(WRITER_PAUSE)
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # Its error is SQLAlchemy's.


def _release_writer(record: ConnectionPoolEntry, lock: "WriterLock") -> None:
    if record.info.pop("has_lock", False):
        lock.release()


class WriterLock:
    """A fair lock: it is granted in the order in which it was asked for."""

    def __init__(self, timeout: float = WRITER_TIMEOUT):
        self._timeout = timeout
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._is_held = False

    def acquire(self) -> None:
        """Wait for the lock. Raises TimeoutError after `timeout` seconds."""
        turn = threading.Event()
        with self._guard:
            if not self._is_held:
                self._is_held = True
                return
            self._waiting.append(turn)
        if turn.wait(self._timeout):
            return
        with self._guard:
            if not turn.is_set():
                self._waiting.remove(turn)
                raise TimeoutError("No turn to write in time: another writer holds the database.")

    @property
    def waiting(self) -> int:
        """How many callers wait for the lock."""
        return len(self._waiting)

    def release(self) -> None:
        """Pass the lock to whoever has waited longest."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_held = False


@contextmanager
def one_list_at_a_time(session: Session) -> Iterator[None]:
    """Let one block of this machine's processes at a time prepare and write thousands of rows where there is one writer
    (SQLite): whoever writes a few waits for one list, not for all. Raises TimeoutError."""
    engine = session.get_bind().engine
    if engine.dialect.name != "sqlite":
        yield
        return
    with Path(f"{engine.url.database}-lists").open("ab") as file:  # What a process holds of it ends with the process.
        until = time.monotonic() + LIST_TIMEOUT
        while not _is_locked(file):
            if time.monotonic() > until:
                raise TimeoutError("No turn to write a list in time: another one is being written.")
            time.sleep(LIST_PAUSE)
        yield


def _is_locked(file: IO[bytes]) -> bool:
    """Lock a file, unless it is locked by another one that was opened."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
