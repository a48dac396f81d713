"""One engine writes and one only reads; writers queue in order and lose nothing."""

import sqlite3
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg
import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError, OperationalError

from portal.app import create_app
from portal.core import clock, database
from portal.core.database import (
    PING_AFTER,
    WRITER_PAUSE,
    WriterLock,
    changed_rows,
    is_unavailable,
    sqlalchemy_url,
    writer_options,
)
from portal.core.extensions import db
from portal.core.models import IysRate, NodeCounter
from tests import databases, processes

pytestmark = pytest.mark.slow

on_sqlite = pytest.mark.skipif(bool(databases.SERVER), reason="how SQLite is held")
on_postgresql = pytest.mark.skipif(not databases.SERVER, reason="how PostgreSQL is held")


@pytest.fixture(autouse=True)
def here(app):
    with app.app_context():
        yield
        db.session.rollback()


def write(name: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(text("INSERT INTO iys_rate (name, next_at) VALUES (:name, '2026-01-01')"), {"name": name})


def names() -> list[str]:
    with db.engines["reader"].connect() as connection:
        return list(connection.scalars(select(IysRate.name).order_by(IysRate.name)))


@on_sqlite
@pytest.mark.parametrize(("bind", "wait"), [(None, 0), ("reader", 30_000)])
def test_sqlite_commits_durably(bind, wait):
    asked = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": wait}

    with db.engines[bind].connect() as connection:
        told = {name: connection.scalar(text(f"PRAGMA {name}")) for name in asked}

    assert told == asked


@on_postgresql
def test_postgresql_commits_durably():
    with db.engine.connect() as connection:
        assert connection.scalar(text("SHOW synchronous_commit")) == "on"


@pytest.mark.parametrize(
    "change",
    ["DELETE FROM iys_rate", "INSERT INTO iys_rate (name, next_at) VALUES ('x', '2026-01-01')", "DROP TABLE iys_rate"],
)
def test_the_reader_refuses_every_write(change):
    with db.engines["reader"].connect() as connection, pytest.raises(DBAPIError, match=r"read-?only"):
        connection.execute(text(change))


@on_postgresql
@pytest.mark.parametrize(("bind", "killer"), [(None, "reader"), ("reader", None)])
def test_a_connection_that_died_in_the_pool_is_replaced(bind, killer):
    with db.engines[bind].connect() as connection:
        died = connection.scalar(text("SELECT pg_backend_pid()"))
    with db.engines[killer].connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:died, 5000)"), {"died": died})
    time.sleep(PING_AFTER)

    with db.engines[bind].connect() as connection:
        assert connection.scalar(text("SELECT pg_backend_pid()")) != died


def test_the_reader_opens_no_transaction():
    with db.engines["reader"].connect() as connection:
        connection.execute(select(IysRate.name)).all()
        write("meanwhile")

        assert connection.scalars(select(IysRate.name)).all() == ["meanwhile"]


def test_the_reader_does_not_wait_for_a_writer():
    with db.engine.begin() as connection:
        connection.execute(text("INSERT INTO iys_rate (name, next_at) VALUES ('unfinished', '2026-01-01')"))

        assert names() == []
    assert names() == ["unfinished"]


@on_sqlite
def test_a_writing_session_takes_the_lock_with_its_first_read():
    """A deferred transaction would fail when it wants to write after it has read."""
    other = sqlite3.connect(db.engine.url.database, timeout=0, isolation_level=None)

    db.session.execute(select(IysRate.name))

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    db.session.rollback()
    other.execute("BEGIN IMMEDIATE")
    other.close()


@pytest.fixture
def another_process():
    """A connection that holds SQLite's write lock, as one of another process would."""
    assert names() == []  # So that the file is in WAL mode.
    other = sqlite3.connect(db.engine.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


@on_sqlite
def test_a_writer_looks_often_whether_another_process_is_done(monkeypatch, another_process):
    """SQLite itself would sleep longer each time, up to a tenth of a second, while others come and go."""
    slept = []
    ends = {3: another_process.rollback}
    monkeypatch.setattr("time.sleep", lambda pause: (slept.append(pause), ends.get(len(slept), int)()))

    write("mine")

    assert slept == [WRITER_PAUSE] * 3
    assert names() == ["mine"]


@on_sqlite
def test_a_writer_that_waits_too_long_for_another_process_is_told(monkeypatch, another_process):
    monkeypatch.setattr(database, "WRITER_TIMEOUT", 0.02)

    with pytest.raises(OperationalError, match="locked") as told:
        write("mine")
    db.session.rollback()
    another_process.rollback()
    write("after")

    assert is_unavailable(told.value)
    assert names() == ["after"]


def test_two_processes_of_four_threads_lose_no_update(app, environ):
    db.session.add(NodeCounter(name="shared", next=0))
    db.session.commit()
    begin = processes.FORK.Barrier(2 * 4)

    with processes.forked(app, *[partial(_count_in_threads, environ, begin)] * 2) as both:
        for each in both:
            each.join(100)
        assert [each.exitcode for each in both] == [0, 0]
    assert db.session.scalar(select(NodeCounter.next).where(NodeCounter.name == "shared")) == 2 * 4 * 20


def _count_in_threads(environ, begin):
    """Each reads a number and writes the next one, again and again."""
    app, mine = create_app(environ), NodeCounter.name == "shared"

    def count(_):
        begin.wait(60)
        with app.app_context():
            for _ in range(20):
                last = db.session.scalar(select(NodeCounter.next).where(mine).with_for_update())
                db.session.execute(update(NodeCounter).where(mine).values(next=last + 1))
                db.session.commit()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(count, range(4)))


def test_a_writer_that_fails_releases_the_lock():
    for _ in range(2):
        with pytest.raises(DBAPIError), db.engine.begin() as connection:
            connection.execute(text("INSERT INTO nowhere VALUES (1)"))

    write("after")

    assert names() == ["after"]


def test_a_writer_that_rolls_back_leaves_nothing():
    db.session.add(IysRate(name="given up", next_at=clock.now()))
    db.session.flush()
    db.session.rollback()

    assert names() == []


def test_changed_rows_are_counted_where_with_stands_first():
    for name in ("one", "two"):
        write(name)
    chosen = select(select(IysRate.name).cte().c.name)

    assert changed_rows(db.session, delete(IysRate).where(IysRate.name.in_(chosen))) == 2


def test_foreign_keys_hold():
    orphan = text(
        "INSERT INTO brand (id, provider_id, brand_code, name, is_sandbox, requires_name, created_at) "
        "VALUES (1, 2, 3, 'x', false, false, '2026-01-01')"
    )

    with pytest.raises(DBAPIError, match=r"(?i)foreign key"), db.engine.begin() as connection:
        connection.execute(orphan)


def test_the_writer_lock_is_first_in_first_out():
    lock, order = WriterLock(), []
    lock.acquire()
    threads = [threading.Thread(target=_take_turn, args=(lock, order, number)) for number in range(8)]
    for waiting, thread in enumerate(threads, start=1):
        thread.start()
        _until(lambda: lock.waiting == waiting)  # noqa: B023 - asked at once

    lock.release()
    for thread in threads:
        thread.join()

    assert order == list(range(8))


def _take_turn(lock, order, number):
    lock.acquire()
    order.append(number)
    lock.release()


def _until(is_so, seconds=5.0):
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_waiting_too_long_for_the_lock_raises_and_blocks_nobody():
    lock = WriterLock(timeout=0.01)
    lock.acquire()

    with pytest.raises(TimeoutError, match="another writer holds the database"):
        lock.acquire()

    lock.release()
    lock.acquire()
    lock.release()


def test_only_one_thread_holds_the_lock():
    lock, inside, most = WriterLock(), [], []

    def enter_often():
        for _ in range(200):
            lock.acquire()
            inside.append(1)
            most.append(len(inside))
            inside.pop()
            lock.release()

    threads = [threading.Thread(target=enter_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert max(most) == 1 and len(most) == 800


@pytest.mark.parametrize("spelled", ["postgres://a@b/c", "postgresql://a@b/c", "postgresql+psycopg://a@b/c"])
def test_every_spelling_of_a_postgresql_address_is_understood(spelled):
    assert sqlalchemy_url(spelled) == "postgresql+psycopg://a@b/c"


def test_other_addresses_stay_as_they_are():
    assert sqlalchemy_url("sqlite:////srv/x.db") == "sqlite:////srv/x.db"


@pytest.mark.parametrize(
    ("started_as", "overflow"),
    [("gunicorn wsgi:app", 0), ("flask db upgrade", 0), ("flask iys forward --egress a", -1), ("flask jobs work", -1)],
)
def test_threads_of_a_program_with_loops_wait_for_no_connection_of_each_other(monkeypatch, started_as, overflow):
    monkeypatch.setattr(sys, "argv", started_as.split())
    config = {"DATABASE_POOLING": "session", "DATABASE_POOL_SIZE": 5, "DATABASE_POOL_OVERFLOW": 0}

    assert writer_options("postgresql+psycopg://a@b/c", config)["max_overflow"] == overflow


NOTICED_BY = {"tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout"}
SET_BY_SESSION = text("SELECT name FROM pg_settings WHERE source = 'session'")


@on_postgresql
@pytest.mark.parametrize(("pooling", "is_read_only"), [("session", "on"), ("transaction", "off")])
def test_a_server_is_told_who_asks_and_the_reader_to_refuse_writes_where_that_lasts(environ, pooling, is_read_only):
    """Behind a pooler that lends connections by transaction, nothing is set or prepared for whoever comes next."""
    app = create_app({**environ, "DATABASE_POOLING": pooling, "DATABASE_POOL_SIZE": "3"})
    with app.app_context():
        reader, writer = db.engines["reader"], db.engine
        with reader.connect() as connection, writer.connect() as writing:
            assert connection.scalar(text("SHOW default_transaction_read_only")) == is_read_only
            assert writing.scalar(text("SHOW default_transaction_read_only")) == "off"
            for each in (connection, writing):  # Locks of a machine that vanished end within seconds.
                assert (set(each.scalars(SET_BY_SESSION)) >= NOTICED_BY) == (pooling == "session")
            assert connection.scalar(text("SHOW application_name")) == "izinlink-command"
            driver = connection.connection.driver_connection
            assert driver.autocommit  # Or what is set would end with a transaction.
            assert (driver.prepare_threshold is None) == (pooling == "transaction")
            told = driver.info.get_parameters()
            assert "options" not in told
            assert told["tcp_user_timeout"] == "30000"  # Or a cut network keeps a thread waiting for hours.
        assert (reader.pool.size(), writer.pool.size()) == (3, 3)
    databases.close_connections(app)


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (psycopg.errors.AdminShutdown(), True), (psycopg.OperationalError("connection lost"), True),
        (psycopg.errors.DiskFull(), True), (psycopg.errors.StatementTooComplex(), False),
        (psycopg.errors.ProgramLimitExceeded(), False), (sqlite3.OperationalError("database is locked"), True),
    ],
    ids=["shut down", "lost", "full", "too complex", "too long for an index", "locked"],
)  # fmt: skip
def test_what_waiting_mends_is_told_from_what_it_does_not(error, passes):
    assert is_unavailable(OperationalError("INSERT", {}, error)) is passes
