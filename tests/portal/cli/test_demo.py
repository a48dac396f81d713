"""`flask demo seed`: something to look at, made once, however often it is called or stopped."""

import json
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from portal import create_app
from portal.extensions import db
from portal.models import AudienceEntry, Campaign, Credential, ImportRow, Message, Provider, User
from tests import databases


@pytest.fixture
def seed(app):
    def run():
        return app.test_cli_runner().invoke(args=["demo", "seed"])

    return run


def test_the_demo_can_be_signed_in_to_and_opened(seed, app, browser, rows):
    result = seed()

    told = json.loads(result.stdout)
    assert set(told) == {"email", "password", "link"}
    assert len(told["password"]) >= 12
    assert browser.get(told["link"].removeprefix("http://localhost")).status_code == 200
    assert rows.count(Credential) == rows.count(User) == 1
    assert rows.one(Campaign).linked_at is not None
    assert rows.count(ImportRow) == 1  # One bad row, to see what it looks like.
    assert rows.count(Message) > 0


def test_a_second_run_changes_nothing(seed, rows):
    first = json.loads(seed().stdout)

    second = json.loads(seed().stdout)

    assert first == second
    assert rows.count(Provider) == rows.count(Campaign) == 1


def test_the_password_is_for_its_owner_only(seed, app):
    seed()

    assert (app.config["INSTANCE"] / "demo-password").stat().st_mode & 0o077 == 0


def test_a_run_that_was_stopped_half_way_is_finished_by_the_next(seed, app, rows):
    with without(app, "audience_entry"):
        assert seed().exit_code != 0
    assert rows.count(Campaign) == 1 and rows.count(AudienceEntry) == 0

    told = json.loads(seed().stdout)

    assert told["link"].startswith("http://localhost/k/")
    assert rows.one(Campaign).linked_at is not None


@contextmanager
def without(app, table: str):
    """The database lacks one of its tables for a while."""
    _rename(app, table, "away")
    try:
        yield
    finally:
        _rename(app, "away", table)


def _rename(app, old: str, new: str) -> None:
    with app.app_context():
        db.session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))
        db.session.commit()


def test_there_is_no_demo_in_production(environ):
    app = create_app({**environ, "DEVELOPMENT": "0"})

    result = app.test_cli_runner().invoke(args=["demo", "seed"])

    databases.close(app)
    assert result.exit_code == 1
    assert "development only" in result.stderr
