"""The two sessions of a request, and the limiter's hooks."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from portal.core import clock
from portal.core.extensions import close_reader, db, read_session, vault
from portal.core.models import IysRate


@pytest.fixture
def here(app):
    with app.app_context():
        yield
        db.session.rollback()


@pytest.mark.usefixtures("here")
def test_one_request_reads_through_one_session(app):
    assert read_session() is read_session()
    with app.app_context():
        another = read_session()
    assert another is not read_session()


@pytest.mark.usefixtures("here")
def test_the_read_only_session_cannot_write():
    read_session().add(IysRate(name="x", next_at=clock.now()))

    with pytest.raises(DBAPIError, match=r"read-?only"):
        read_session().flush()
    read_session().rollback()


@pytest.mark.usefixtures("here")
def test_the_read_only_session_sees_what_was_committed_meanwhile():
    assert read_session().scalars(select(IysRate.name)).all() == []

    db.session.add(IysRate(name="meanwhile", next_at=clock.now()))
    db.session.commit()

    assert read_session().scalars(select(IysRate.name)).all() == ["meanwhile"]


@pytest.mark.usefixtures("here")
def test_the_read_only_session_is_closed_after_the_request():
    read_session().scalars(select(IysRate.name)).all()
    pool = db.engines["reader"].pool
    assert pool.checkedout() == 1

    close_reader()
    close_reader()

    assert pool.checkedout() == 0


def test_every_page_gives_its_connections_back(app, browser):
    for path in ("/", "/health", "/k/unknown", "/sign-in", "/dashboard/", "/no/such/page"):
        browser.get(path)

    with app.app_context():
        assert [engine.pool.checkedout() for engine in (db.engine, db.engines["reader"])] == [0, 0]


def test_rate_limits_cost_pages_without_one_nothing(app):
    """create_app relies on how Flask-Limiter knows the apps that have its hooks, which is documented nowhere."""
    by_kind = (app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs)
    hooks = [getattr(each, "func", each) for functions in by_kind for each in functions.get(None, [])]

    assert [each for each in hooks if each.__module__.startswith("flask_limiter")] == []


@pytest.mark.usefixtures("here")
def test_the_vault_is_the_apps_own(app):
    assert vault() is app.extensions["vault"]
