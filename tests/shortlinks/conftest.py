"""A database for each test: SQLite in a file and a schema of its own on PostgreSQL when TEST_DATABASE_URL names one."""

import os
import secrets
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, event, make_url, text
from sqlalchemy.orm import Session

from shortlinks import Base

POSTGRESQL = os.environ.get("TEST_DATABASE_URL")


@pytest.fixture
def salt():
    return "a salt for the tests alone"


@pytest.fixture
def at():
    return datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"] if POSTGRESQL else ["sqlite"])
def engine(request, tmp_path):
    opened = sqlite(tmp_path) if request.param == "sqlite" else postgresql()
    with opened as engine:
        Base.metadata.create_all(engine)
        yield engine
        engine.dispose()


@pytest.fixture
def session(engine):
    with Session(engine) as session:
        yield session


@pytest.fixture
def statements(engine):
    """What the database was asked, in order."""
    asked = []
    event.listen(engine, "before_cursor_execute", lambda _c, _cursor, statement, *_: asked.append(statement))
    return asked


@contextmanager
def sqlite(folder):
    engine = create_engine(f"sqlite:///{folder / 'links.db'}")
    event.listen(engine, "connect", open_sqlite)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    yield engine


def open_sqlite(connection, _record):
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA busy_timeout=30000")


@contextmanager
def postgresql():
    url = make_url(POSTGRESQL).set(drivername="postgresql+psycopg")
    schema = f"shortlinks_{secrets.token_hex(6)}"
    outside = create_engine(url, isolation_level="AUTOCOMMIT")
    with outside.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    try:
        yield create_engine(url, connect_args={"options": f"-c search_path={schema}"}, pool_size=10)
    finally:
        with outside.connect() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        outside.dispose()
