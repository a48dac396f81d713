"""What a case stands on: a fresh, migrated database that writes as durably as in production, and made-up people."""

import base64
import contextlib
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
from flask import Flask
from sqlalchemy import text

from portal.app import create_app
from portal.core.extensions import db
from tests.postgres import running_postgres

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
DURABLE = {  # What the database itself must say of the connection that writes.
    SQLITE: {"PRAGMA synchronous": "2", "PRAGMA journal_mode": "wal"},
    POSTGRESQL: {"SHOW synchronous_commit": "on", "SHOW fsync": "on"},
}


@contextlib.contextmanager
def new_portal_settings(database: str, *settings: str) -> Iterator[dict[str, str]]:
    """The environment of a portal on a new database; both are gone afterwards. `settings` are PostgreSQL's own."""
    with (
        tempfile.TemporaryDirectory(prefix="izinlink-bench-") as folder,
        _database_url(database, Path(folder), settings) as url,
    ):
        environ = {
            "SECRET_KEY": secrets.token_urlsafe(32),
            "LINK_SALT": secrets.token_urlsafe(32),
            "VAULT_KEYS": "1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
            "INSTANCE": folder,
            "DATABASE_URL": url,
            "DEVELOPMENT": "1",
            "HOSTS": "127.0.0.1,localhost",
            "IYS_REQUESTS_PER_SECOND": "0",
        }
        with portal(environ):
            flask_migrate.upgrade()
            _require_durable(database)
        yield environ


@contextlib.contextmanager
def portal(environ: dict[str, str]) -> Iterator[Flask]:
    """The portal in this process, to make things with; it lets go of the database afterwards."""
    app = create_app(environ)
    with app.app_context():
        yield app
        db.session.rollback()
        for engine in db.engines.values():
            engine.dispose()


def phone_list(count: int) -> str:
    """A pasted list of that many mobile numbers."""
    return "".join(f"+90532{number:07}\n" for number in range(count))


def email_list(count: int) -> str:
    """A pasted list of that many e-mail addresses."""
    return "".join(f"kisi{number}@example.com\n" for number in range(count))


@contextlib.contextmanager
def _database_url(database: str, folder: Path, settings: tuple[str, ...]) -> Iterator[str]:
    if database == SQLITE:
        yield f"sqlite:///{folder / 'izinlink.db'}"
        return
    with running_postgres(*settings) as url:
        yield url


def _require_durable(database: str) -> None:
    for question, answer in DURABLE[database].items():
        said = str(db.session.scalar(text(question)))
        if said != answer:
            raise RuntimeError(f"Not durable, so not worth measuring: {question} says {said}.")
