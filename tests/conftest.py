"""Shared fixtures: an app with an empty database, a browser, the İYS sandbox, and checks on every test."""

import contextlib
import gc
import logging
import os
import re
import tempfile
import threading
from functools import lru_cache
from pathlib import Path

import argon2
import pytest
import requests
from hypothesis import HealthCheck, settings
from sqlalchemy import event

from portal.app import create_app
from portal.core import clock
from portal.core.extensions import db, limiter
from portal.core.models import Brand, Consent, Provider
from portal.domain.consents.may_send import Verdict, answer_of
from portal.services.iys.client import Client
from tests import caches, databases, make, servers, statements
from tests.examples import ALL
from tests.page_checks import PageCheckingClient
from tests.shared_app import SharedApp

SECRETS = {
    "SECRET_KEY": "a secret that only tests know",
    "LINK_SALT": "a salt that only tests know",
    "VAULT_KEYS": "1:U3d5v0mS0c1rQ3dPp3q2m3m0k8yqk9xJm2Zr7w1TtYs=",
    "DEVELOPMENT": "1",
    "IYS_BASE_URL": "http://127.0.0.1:9",  # Nobody: a page that calls İYS never reaches the real one.
    "IYS_REQUESTS_PER_SECOND": "0",
    "UNDO_SECONDS": "0",
    "LINK_BASE": "http://localhost/k",
    "SHORT_HOSTS": "kisa.example",
    "HOSTS": "localhost",
    "PROXY_HOPS": "0",
    "LOG_LEVEL": "INFO",
}
# A busy machine is slow, which says nothing of what is tested.
# The same examples each time, but for the long tests: those look for new ones.
settings.register_profile(
    "without a clock", deadline=None, derandomize=not ALL, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("without a clock")
MIGRATED = pytest.StashKey[str]()  # The URL of the migrated database.


def pytest_configure(config):
    if statements.FOLDER and not databases.SERVER:
        config.pluginmanager.register(statements.Writer(statements.FOLDER))


@pytest.hookimpl(trylast=True)  # After -m has deselected.
def pytest_collection_modifyitems(config, items):
    """On PostgreSQL, run only the tests that use the database, of those that say nothing of it one case each, and of
    those that ask of it the same a few; the others ran with SQLite already."""
    if not databases.SERVER:
        return
    kept, left_out, seen = [], [], set()
    chosen = statements.chosen(statements.FOLDER) if statements.FOLDER else {item.nodeid for item in items}
    for item in items:
        test = item.parent.nodeid, item.originalname
        is_repeated = item.get_closest_marker("alike") and test in seen
        is_kept = statements.meets_database(item) and not is_repeated and item.nodeid in chosen
        (kept if is_kept else left_out).append(item)
        seen.add(test)
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept


def pytest_collection_finish():
    """Speed up garbage collection: everything loaded so far stays, and collections can be rarer."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session):
    """Let apps share routes and a migrated database, also in processes that are forked."""
    with contextlib.ExitStack() as shared:
        folder = shared.enter_context(tempfile.TemporaryDirectory(dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")))
        shared.enter_context(caches.rare_garbage_collections())
        shared.enter_context(caches.shared_routes())
        # Those of SQLite's run serve PostgreSQL's, too.
        shared.enter_context(caches.compiled_templates(statements.FOLDER or Path(folder)))
        if any("template" in item.fixturenames for item in session.items):
            session.config.stash[MIGRATED] = shared.enter_context(databases.migrated(Path(folder), SECRETS))
        return (yield)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish():
    """Collect once: pytest collects ten times at its end, to find errors of the last objects."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def template(pytestconfig):
    """The URL of this test process's migrated database."""
    with databases.own_template(pytestconfig.stash[MIGRATED]) as url:
        yield url


@pytest.fixture(scope="session")
def instance(tmp_path_factory):
    """The folder of the app."""
    return tmp_path_factory.mktemp("instance")


@pytest.fixture
def environ(template, instance, shared_app):
    """The settings of one test's app. Nothing is left in its folder and its database."""
    url = databases.emptied(template, instance, shared_app.disconnect)
    return {**SECRETS, "INSTANCE": str(instance), "DATABASE_URL": url}


@pytest.fixture(scope="session", autouse=True)
def passwords_are_hashed_once():
    """Cache password hashes and comparisons, which are slow by design."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argon2.PasswordHasher, "hash", lru_cache(argon2.PasswordHasher.hash))
        patch.setattr(argon2.PasswordHasher, "verify", _verify_cached(argon2.PasswordHasher.verify))
        yield


def _verify_cached(verify):
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


@pytest.fixture(scope="session")
def shared_app():
    """The app that tests of this process use one after another."""
    shared = SharedApp()
    yield shared
    shared.close()


@pytest.fixture
def app(environ, shared_app):
    """The application without rate limits (they have their own tests)."""
    app = shared_app.lend(lambda: _make_app(environ))
    limiter.enabled = False
    limiter.reset()
    yield app
    shared_app.take_back()


def _make_app(environ):
    app = create_app(environ)
    app.testing, app.test_client_class = True, PageCheckingClient
    with app.app_context():
        _watch_transactions(db.engine)
    return app


@pytest.fixture
def rows(app):
    """Reads the current rows of the database: rows(Decision), rows.count(Decision)."""
    return make.Rows(app)


@pytest.fixture
def may_send(app):
    """Says whether messages may be sent on a consent now."""

    def ask(consent: Consent) -> bool:
        with app.app_context():
            brand = db.session.get_one(Brand, consent.brand_id)
            provider = db.session.get_one(Provider, consent.provider_id)
            facts = {"has_unread_reply": False, "pulled_at": None}
            return answer_of(consent, brand, provider.iys_code, clock.now(), **facts).verdict == Verdict.MAY

    return ask


@pytest.fixture
def browser(app):
    """A recipient's browser."""
    return app.test_client()


@pytest.fixture
def fatma(app, browser) -> make.Person:
    """Fatma, with a link to the page of a campaign."""
    return make.Person(browser, make.codes(app)[make.PHONE])


@pytest.fixture
def sandbox(tmp_path):
    """The İYS sandbox over real HTTP, with the demo provider's account."""
    with servers.sandbox(tmp_path / "sandbox.db") as box:
        box.add_account(make.USERNAME, make.PASSWORD, make.IYS_CODE, [make.BRAND_CODE])
        yield box


@pytest.fixture
def iys(sandbox):
    """A client of the sandbox."""
    return Client(sandbox.url)


# No transaction may be open during an HTTP call.
_thread = threading.local()


def _watch_transactions(engine) -> None:
    event.listen(engine, "begin", lambda connection: setattr(_thread, "writing", True))
    for end in ("commit", "rollback"):
        event.listen(engine, end, lambda connection: setattr(_thread, "writing", False))


@pytest.fixture(autouse=True)
def no_transaction_over_http(monkeypatch):
    """Fail a test that makes an HTTP call within a transaction."""
    send = requests.adapters.HTTPAdapter.send

    def watched(*arguments, **options):
        assert not getattr(_thread, "writing", False), "a transaction is open over an HTTP call"
        return send(*arguments, **options)

    _thread.writing = False
    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", watched)


ADDRESS_OR_CODE = re.compile(r"\+90\d|\b0?5\d{9}\b|[\w.]+@example\.com|/(?:[kmsu]|kod|code)/[A-Za-z0-9]{8,}")


@pytest.fixture(autouse=True)
def quiet_logs():
    """Fail a test that logs an address or a code."""
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    logging.getLogger().addHandler(handler)
    yield lines
    logging.getLogger().removeHandler(handler)
    leaks = [line for line in lines if ADDRESS_OR_CODE.search(line)]
    assert not leaks, leaks
