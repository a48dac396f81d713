"""Migrations and models tell the same tables, on the way up and on the way down."""

import re

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, inspect, text

import shortlinks
from portal.app import create_app
from portal.core.extensions import db
from portal.core.models import Base
from tests import databases
from tests.conftest import SECRETS

pytestmark = pytest.mark.slow

METADATA = [Base.metadata, shortlinks.Base.metadata]


@pytest.fixture
def app(tmp_path):
    """An app over a migrated database of its own, since it goes down as well."""
    url = databases.migrated_template(tmp_path, SECRETS)
    app = create_app({**SECRETS, "INSTANCE": str(tmp_path), "DATABASE_URL": url})
    yield app
    app.extensions["visit_recorder"].stop()
    databases.close(app)
    if databases.SERVER:
        databases.drop(url.rsplit("/", 1)[1].split("?")[0])


def schema() -> dict:
    """All that the database knows of its tables, in words that can be compared."""
    told = inspect(db.engine)
    return {
        name: {
            "columns": [(each["name"], str(each["type"]), each["nullable"]) for each in told.get_columns(name)],
            "keys": [told.get_pk_constraint(name), sorted(map(str, told.get_foreign_keys(name)))],
            "unique": sorted(map(str, told.get_unique_constraints(name))),
            "indexes": sorted(str(_spelled(each)) for each in told.get_indexes(name)),
            "checks": sorted(map(str, told.get_check_constraints(name))),
        }
        for name in told.get_table_names()
    }


def _spelled(index: dict) -> dict:
    """An index with its condition as text, if it has one."""
    return index | {"dialect_options": {name: str(each) for name, each in index["dialect_options"].items()}}


def triggers() -> set[str]:
    names = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    if databases.SERVER:
        names = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    with db.engines["reader"].connect() as connection:
        return set(connection.scalars(text(names)))


def test_models_and_migrations_do_not_differ(app):
    with app.app_context(), db.engines["reader"].connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})

        assert compare_metadata(context, METADATA) == []


def test_the_database_checks_the_same_words_as_the_models(app):
    """Alembic does not compare CHECKs, so a new word of an enumeration would be refused only when it is first used."""
    tables = [table for metadata in METADATA for table in metadata.sorted_tables]
    with app.app_context():
        told = inspect(db.engine)
        stands = {
            (table.name, check["name"]): words(check["sqltext"])
            for table in tables
            for check in told.get_check_constraints(table.name)
        }
        models = {
            (table.name, str(check.name)): words(str(check.sqltext.compile(compile_kwargs={"literal_binds": True})))
            for table in tables
            for check in table.constraints
            if isinstance(check, CheckConstraint)
        }

    assert {key[0]: found for key, found in stands.items()}.keys() == {key[0] for key in models}
    assert sorted(map(sorted, stands.values())) == sorted(map(sorted, models.values()))


def words(check: str) -> set[str]:
    return set(re.findall(r"'(\w+)'", check))


def test_down_and_up_again_gives_the_same_database(app):
    with app.app_context():
        before, guarded = schema(), triggers()
        flask_migrate.downgrade(revision="base")
        down, left = schema().keys(), triggers()
        flask_migrate.upgrade()

        assert down == {"alembic_version"}
        assert left == set()
        assert schema() == before
        assert triggers() == guarded


def test_there_is_one_newest_migration(app):
    from alembic.script import ScriptDirectory

    with app.app_context():
        script = ScriptDirectory.from_config(app.extensions["migrate"].migrate.get_config())

        assert len(script.get_heads()) == 1
