"""An empty, migrated database for each test: a copied SQLite file, or a PostgreSQL database made from a template."""

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
from sqlalchemy import create_engine, make_url, text

from portal import create_app

SERVER = os.environ.get("TEST_DATABASE_URL", "")


def migrated_template(folder: Path, environ: dict) -> str:
    """Migrate one database per test process, to be copied; its address."""
    url = f"sqlite:///{folder / 'template.db'}"
    if SERVER:
        url = _create_database(f"template_{uuid.uuid4().hex[:12]}")
    app = create_app({**environ, "INSTANCE": str(folder), "DATABASE_URL": url})
    with app.app_context():
        flask_migrate.upgrade()
    close(app)
    return url


def close(app) -> None:
    """Let go of every connection, so that the database can be copied or dropped."""
    with app.app_context():
        for engine in app.extensions["sqlalchemy"].engines.values():
            engine.dispose()


@contextlib.contextmanager
def copy_of(template: str, folder: Path) -> Iterator[str]:
    """A copy for one test."""
    if not SERVER:
        file = folder / "izinlink.db"
        shutil.copyfile(make_url(template).database, file)
        yield f"sqlite:///{file}"
        return
    name = f"test_{uuid.uuid4().hex[:12]}"
    try:
        yield _create_database(name, make_url(template).database)
    finally:
        drop(name)


def drop(name: str) -> None:
    """Remove a PostgreSQL database."""
    _ask_server(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _create_database(name: str, template: str = "template0") -> str:
    _ask_server(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    return make_url(SERVER).set(database=name).render_as_string(hide_password=False)


def _ask_server(statement: str) -> None:
    from portal.database import url_of

    server = create_engine(url_of(SERVER), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(statement))
    server.dispose()
