"""An empty, migrated database for each test: one SQLite file or one PostgreSQL database, emptied in between."""

import atexit
import contextlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import flask_migrate
from sqlalchemy import Engine, create_engine, event, make_url, text

from portal.app import create_app
from portal.core.database import sqlalchemy_url
from portal.core.extensions import db
from tests.kept_file import KeptFile

SERVER = os.environ.get("TEST_DATABASE_URL", "")
FILE = "izinlink.db"
FILES = (FILE, f"{FILE}-wal", f"{FILE}-shm")
KEPT = ("alembic_version", "node_counter")
FILLED = (*KEPT, "package")  # By migrations.
# A temporary function: it lives as long as its connection, and is planned once.
DELETE_ALL = """
CREATE FUNCTION pg_temp.delete_all() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica
AS $$ BEGIN {}; END $$
"""
_price_list: list[dict] = []  # Rows that the migrations write.
_kept = KeptFile()


def migrated_template(folder: Path, environ: dict, revision: str = "head") -> str:
    """Create and migrate a database; its URL."""
    url = f"sqlite:///{folder / 'template.db'}"
    if SERVER:
        url = _create_database(f"template_{uuid.uuid4().hex[:12]}")
    app = create_app({**environ, "INSTANCE": str(folder), "DATABASE_URL": url})
    with app.app_context():
        flask_migrate.upgrade(revision=revision)
    close_connections(app)
    return url


@contextlib.contextmanager
def migrated(folder: Path, environ: dict) -> Iterator[str]:
    """A migrated database for as long as it is needed."""
    url = migrated_template(folder, environ)
    yield url
    if SERVER:
        drop_database(make_url(url).database)


@contextlib.contextmanager
def own_template(url: str) -> Iterator[str]:
    """A migrated database of one process: the file, which tests copy, or a copy on the server, which they empty."""
    if not SERVER:
        yield url
        return
    copy = copy_of(url, Path())
    yield copy
    drop_database(make_url(copy).database)


def copy_of(url: str, folder: Path) -> str:
    """A database like this one, which nobody is connected to; its URL."""
    if SERVER:
        return _create_database(f"copy_{uuid.uuid4().hex[:12]}", like=make_url(url).database)
    shutil.copyfile(make_url(url).database, folder / "copy.db")
    return f"sqlite:///{folder / 'copy.db'}"


def close_connections(app) -> None:
    """Close every connection of an app, so that its database can be copied or dropped."""
    _kept.close()
    with app.app_context():
        for engine in app.extensions["sqlalchemy"].engines.values():
            engine.dispose()


def empty_copy(template: str, folder: Path) -> str:
    """The URL of an empty database: a copy of the file, or the server's one emptied again."""
    if SERVER:
        _delete_rows(template)
        return template
    return copy_of(template, folder)


def emptied(template: str, folder: Path, disconnect: Callable[[], None]) -> str:
    """The URL of the database that the tests of this process use one after another, emptied again, in an empty folder.
    Where its file has to be made anew, `disconnect` closes what is open of it."""
    is_kept = SERVER or _kept.empty()
    if not is_kept:
        disconnect()
        _kept.close()
    folder.mkdir(mode=0o700, exist_ok=True)
    for each in folder.iterdir():
        if not (is_kept and each.name in FILES):
            _remove(each)
    if SERVER:
        _delete_rows(template)
        return template
    if not is_kept:
        _kept.copy(make_url(template).database, folder / FILE)
    return f"sqlite:///{folder / FILE}"


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)  # A thread that is about to end may be deleting in it, too.
    else:
        path.unlink(missing_ok=True)


def _delete_rows(url: str) -> None:
    """Delete every row that the migrations did not write, bypassing the append-only triggers."""
    with _open_engine(url).begin() as connection:
        if not _price_list:
            _price_list.extend(dict(row) for row in connection.execute(text("SELECT * FROM package")).mappings())
        connection.execute(text("SELECT pg_temp.delete_all()"))
        columns = _price_list[0].keys()
        values = ", ".join(f":{column}" for column in columns)
        connection.execute(text(f"INSERT INTO package ({', '.join(columns)}) VALUES ({values})"), _price_list)


@lru_cache
def _open_engine(url: str) -> Engine:
    """An engine that stays open as long as this process, since each new connection reads the catalog anew."""
    engine = create_engine(sqlalchemy_url(url))
    event.listen(engine, "connect", _define_delete_all)
    atexit.register(engine.dispose)
    return engine


def _define_delete_all(connection, _record) -> None:
    tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    deletions = "; ".join(f"DELETE FROM {table}" for (table,) in tables if table not in KEPT)
    connection.execute(DELETE_ALL.format(deletions))
    connection.commit()


def count_waiting() -> int:
    """How many sessions of the app's database on the server wait for a lock."""
    theirs = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with db.engines["reader"].connect() as connection:
        return connection.scalars(text(theirs)).one()


def drop_database(name: str) -> None:
    """Remove a PostgreSQL database."""
    _run_on_server(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _create_database(name: str, like: str = "template0") -> str:
    _run_on_server(f"CREATE DATABASE {name} TEMPLATE {like}")
    return make_url(SERVER).set(database=name).render_as_string(hide_password=False)


def _run_on_server(statement: str) -> None:
    server = create_engine(sqlalchemy_url(SERVER), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(statement))
    server.dispose()
