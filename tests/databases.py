"""An empty, migrated database for each test: a copied SQLite file, or one PostgreSQL database emptied again."""

import atexit
import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import flask_migrate
from sqlalchemy import URL, Engine, create_engine, event, make_url, text

from portal.app import create_app
from portal.core.database import sqlalchemy_url

SERVER = os.environ.get("TEST_DATABASE_URL", "")
KEPT = ("alembic_version", "node_counter")
# It lives as long as the connection that made it, and is planned once.
TAKE_ALL_OUT = """
CREATE FUNCTION pg_temp.take_all_out() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica
AS $$ BEGIN {}; END $$
"""
_price_list: list[dict] = []  # As the migrations wrote it.
_shared: dict[tuple[URL, str | None], Engine] = {}  # By database and bind: whose connections all apps go on with.


def migrated_template(folder: Path, environ: dict) -> str:
    """Migrate one database per test process; its address."""
    url = f"sqlite:///{folder / 'template.db'}"
    if SERVER:
        url = _create_database(f"template_{uuid.uuid4().hex[:12]}")
    app = create_app({**environ, "INSTANCE": str(folder), "DATABASE_URL": url})
    with app.app_context():
        flask_migrate.upgrade()
    close(app)
    return url


def share_connections(app) -> None:
    """Let an app go on with the connections of the one before it: on each new one the server learns the tables anew,
    which costs it more than most tests do."""
    with app.app_context():
        for bind, engine in app.extensions["sqlalchemy"].engines.items() if SERVER else ():
            shared = _shared.get((engine.url, bind))
            if shared:
                engine.pool, engine.dialect = shared.pool, shared.dialect
            else:
                _shared[engine.url, bind] = engine
                atexit.register(engine.dispose)


def close(app) -> None:
    """Let go of every connection that no other app goes on with, so that the database can be copied or dropped."""
    app.extensions["queue"].storage.close()
    with app.app_context():
        for bind, engine in app.extensions["sqlalchemy"].engines.items():
            key = engine.url, bind
            if key in _shared and _shared[key].pool is engine.pool:
                if not engine.pool.checkedout():
                    continue
                del _shared[key]  # A test keeps one of them.
            engine.dispose()


@contextlib.contextmanager
def copy_of(template: str, folder: Path) -> Iterator[str]:
    """An empty database for one test: a copy of the file, or the server's one emptied again."""
    if SERVER:
        _empty(template)
        yield template
    else:
        file = folder / "izinlink.db"
        shutil.copyfile(make_url(template).database, file)
        yield f"sqlite:///{file}"


def _empty(url: str) -> None:
    """Take out every row that the migrations did not write, past the triggers that refuse it."""
    with _kept_open(url).begin() as connection:
        if not _price_list:
            _price_list.extend(dict(row) for row in connection.execute(text("SELECT * FROM package")).mappings())
        connection.execute(text("SELECT pg_temp.take_all_out()"))
        columns = _price_list[0].keys()
        values = ", ".join(f":{column}" for column in columns)
        connection.execute(text(f"INSERT INTO package ({', '.join(columns)}) VALUES ({values})"), _price_list)


@lru_cache
def _kept_open(url: str) -> Engine:
    """The server's side of a connection learns the tables anew each time: so one stays open as long as this process."""
    engine = create_engine(sqlalchemy_url(url))
    event.listen(engine, "connect", _teach_to_empty)
    atexit.register(engine.dispose)
    return engine


def _teach_to_empty(connection, _record) -> None:
    tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    emptied = "; ".join(f"DELETE FROM {table}" for (table,) in tables if table not in KEPT)
    connection.execute(TAKE_ALL_OUT.format(emptied))
    connection.commit()


def drop(name: str) -> None:
    """Remove a PostgreSQL database."""
    _ask_server(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _create_database(name: str) -> str:
    _ask_server(f"CREATE DATABASE {name} TEMPLATE template0")
    return make_url(SERVER).set(database=name).render_as_string(hide_password=False)


def _ask_server(statement: str) -> None:
    server = create_engine(sqlalchemy_url(SERVER), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(statement))
    server.dispose()
