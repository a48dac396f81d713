"""The fixtures that every room shares: an app on an empty database, a browser, an İYS in a box, and quiet logs."""

import gc
import logging
import re
import threading
from functools import lru_cache

import argon2
import pytest
import requests
from flask import Flask
from jinja2 import BytecodeCache
from sqlalchemy import event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from portal.app import create_app
from portal.core.extensions import db, limiter
from portal.services.iys.client import Client
from tests import databases, make, servers
from tests.page_checks import PageCheckingClient

SECRETS = {
    "SECRET_KEY": "a secret that only tests know",
    "LINK_SALT": "a salt that only tests know",
    "VAULT_KEYS": "1:" + "eHh4" * 10 + "eHg=",
    "DEVELOPMENT": "1",
    "IYS_REQUESTS_PER_SECOND": "0",
    "UNDO_SECONDS": "0",
    "LINK_BASE": "http://localhost/k",
    "SHORT_HOSTS": "kisa.example",
    "HOSTS": "localhost",
    "LOG_LEVEL": "INFO",
}


@pytest.hookimpl(trylast=True)  # When marks have chosen.
def pytest_collection_modifyitems(config, items):
    _leave_out_what_meets_no_server(config, items)
    _begin_with_the_lengthy(items)


def _leave_out_what_meets_no_server(config, items) -> None:
    """On a server only what meets the portal's database: everything else ran beside SQLite, and would say the same."""
    if not databases.SERVER:
        return
    meets = [item for item in items if _meets_database(item)]
    left_out = set(items) - set(meets)
    config.hook.pytest_deselected(items=[item for item in items if item in left_out])
    items[:] = meets


def _begin_with_the_lengthy(items) -> None:
    """Test processes each begin with an equal part of all tests: at the start of each stands one that takes minutes, or
    one process would be left alone with all of them in the end."""
    lengthy = [item for item in items if item.get_closest_marker("lengthy")]
    others = [item for item in items if item not in lengthy]
    for number, item in enumerate(lengthy):
        others.insert(number * len(items) // len(lengthy), item)
    items[:] = others


def _meets_database(item) -> bool:
    has_its_own = any(hasattr(item.module, name) for name in ("databases", "processes", "postgres"))
    return "template" in item.fixturenames or has_its_own or {"shortlinks", "stories"} & set(item.path.parts)


def pytest_collection_finish():
    """All that is loaded stays: Python need not look through it again each time it looks for an app to throw away. And
    there is room: it need not look as often as it does by itself."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """A migrated database of this test process."""
    url = databases.migrated_template(tmp_path_factory.mktemp("template"), SECRETS)
    yield url
    if databases.SERVER:
        databases.drop(url.rsplit("/", 1)[1].split("?")[0])


@pytest.fixture
def environ(template, tmp_path):
    """The settings of one test's app."""
    with databases.copy_of(template, tmp_path) as url:
        yield {**SECRETS, "INSTANCE": str(tmp_path), "DATABASE_URL": url}


@pytest.fixture(scope="session", autouse=True)
def passwords_are_hashed_once():
    """A hash takes its time by intent: in this test process the same password gets the same real hash again, and the
    same two are compared once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argon2.PasswordHasher, "hash", lru_cache(argon2.PasswordHasher.hash))
        patch.setattr(argon2.PasswordHasher, "verify", _compared_once(argon2.PasswordHasher.verify))
        yield


def _compared_once(verify):
    @lru_cache
    def compared(*arguments) -> argon2.exceptions.VerifyMismatchError | bool:
        try:
            return verify(*arguments)
        except argon2.exceptions.VerifyMismatchError as differs:
            return differs

    def verified(*arguments) -> bool:
        found = compared(*arguments)
        if isinstance(found, Exception):
            raise argon2.exceptions.VerifyMismatchError(*found.args)
        return found

    return verified


class Compiled(BytecodeCache):
    """The templates as Jinja compiles them, kept in memory."""

    def __init__(self):
        self._kept = {}

    def load_bytecode(self, bucket):
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket):
        self._kept[bucket.key, bucket.checksum] = bucket.code


@pytest.fixture(scope="session")
def compiled():
    """The templates, compiled once for all the apps of this test process."""
    return Compiled()


@pytest.fixture(scope="session")
def compiled_statements():
    """The SQL of statements as SQLAlchemy compiles it, kept over the engines of this test process: to it each app's
    database is another one, with all to be compiled anew."""
    with pytest.MonkeyPatch.context() as patch:
        for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
            patch.setattr(dialect, "__eq__", lambda mine, other: type(mine) is type(other))
            patch.setattr(dialect, "__hash__", lambda mine: hash(type(mine)))
        yield LRUCache(2000)


@pytest.fixture(scope="session", autouse=True)
def routes_are_made_once():
    """Werkzeug reads each route of each app, and writes and compiles two small programs for it; in this test process a
    route like an earlier one is the earlier one."""
    made, bind = {}, Rule.bind

    def made_once(rule, *, endpoint, methods, **options):
        like = (rule, endpoint, frozenset(methods), str(sorted(options.items())))
        if like not in made:
            made[like] = Rule(rule, endpoint=endpoint, methods=methods, **options)
        return made[like]

    def bound_once(rule, *arguments, **options):
        if rule.map is None:
            bind(rule, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "url_rule_class", staticmethod(made_once))
        patch.setattr(Rule, "bind", bound_once)
        yield


@pytest.fixture
def app(environ, compiled, compiled_statements):
    """The application, without limits (they have tests of their own)."""
    app = create_app(environ)
    app.jinja_env.bytecode_cache = compiled
    app.testing, app.test_client_class = True, PageCheckingClient
    limiter.enabled = False
    databases.share_connections(app)
    with app.app_context():
        _watch_transactions(db.engine)
        for engine in db.engines.values():
            engine.update_execution_options(compiled_cache=compiled_statements)
    yield app
    app.extensions["visit_recorder"].stop()
    databases.close(app)


@pytest.fixture
def rows(app):
    """Reads what stands in the database now: rows(Decision), rows.count(Decision)."""
    return make.Rows(app)


@pytest.fixture
def browser(app):
    """A recipient's browser."""
    return app.test_client()


@pytest.fixture
def sandbox(tmp_path):
    """An İYS in a box, reached over real HTTP; it knows the demo provider's account."""
    with servers.sandbox(tmp_path / "sandbox.db") as box:
        box.add_account(make.USERNAME, make.PASSWORD, make.IYS_CODE, [make.BRAND_CODE])
        yield box


@pytest.fixture
def iys(sandbox):
    """A client of that İYS."""
    return Client(sandbox.url)


# No transaction may be open while somebody else's server is waited for.
_here = threading.local()


def _watch_transactions(engine) -> None:
    event.listen(engine, "begin", lambda connection: setattr(_here, "writing", True))
    for end in ("commit", "rollback"):
        event.listen(engine, end, lambda connection: setattr(_here, "writing", False))


@pytest.fixture(autouse=True)
def no_transaction_over_http(monkeypatch):
    """Hold every outgoing call of the suite to it."""
    send = requests.adapters.HTTPAdapter.send

    def watched(*arguments, **options):
        assert not getattr(_here, "writing", False), "a transaction is open over an HTTP call"
        return send(*arguments, **options)

    _here.writing = False
    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", watched)


ADDRESS_OR_CODE = re.compile(r"\+90\d|\b0?5\d{9}\b|[\w.]+@example\.com|/(?:[kmsu]|kod|code)/[A-Za-z0-9]{8,}")


@pytest.fixture(autouse=True)
def quiet_logs():
    """No address and no code in any log line of the whole suite."""
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    logging.getLogger().addHandler(handler)
    yield lines
    logging.getLogger().removeHandler(handler)
    told = [line for line in lines if ADDRESS_OR_CODE.search(line)]
    assert not told, told
