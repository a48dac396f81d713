"""Migrations build the tables that models describe, keep the data, and can be undone."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic import op
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import CheckConstraint, inspect, text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

import shortlinks
from portal.app import create_app
from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Base, Movement, RowTally, Submission, Sweep
from portal.core.models.row_tally import TALLIES
from portal.migrations import append_only, baseline
from portal.migrations import row_tallies as made_by
from portal.migrations.enum_checks import LONG_LIST
from portal.services import row_tallies
from tests import databases
from tests.conftest import MIGRATED, SECRETS

pytestmark = pytest.mark.slow

METADATA = [Base.metadata, shortlinks.Base.metadata]


# Tables of the baseline that a later migration renames, with their new name, or drops (None).
RENAMED: dict[str, str | None] = {}
VALUES = {
    sa.Boolean: True,
    sa.Date: date(2026, 11, 25),
    sa.DateTime: datetime(2026, 11, 25, 9, 30),
    sa.Integer: 1,
    sa.JSON: {},
    sa.LargeBinary: b"x",
    sa.String: "x",
}
TRANSACTION = "0b" * 32
NAMED = {"submission.transaction_id": TRANSACTION, "sweep.code": "not_asked"}  # What a migration reads.


@contextmanager
def migrated_app(tmp_path, revision: str) -> Iterator[Flask]:
    """An app over a database of its own, since these tests migrate it."""
    with app_over(databases.migrated_template(tmp_path, SECRETS, revision), tmp_path) as app:
        yield app


@contextmanager
def app_over(url: str, tmp_path) -> Iterator[Flask]:
    app = create_app({**SECRETS, "INSTANCE": str(tmp_path), "DATABASE_URL": url})
    yield app
    app.extensions["visit_recorder"].stop()
    databases.close_connections(app)
    if databases.SERVER:
        databases.drop_database(url.rsplit("/", 1)[1].split("?")[0])


@pytest.fixture(scope="module")
def app(tmp_path_factory, pytestconfig, template):
    """One for all, since each test leaves the tables as they were."""
    folder = tmp_path_factory.mktemp("head")
    with app_over(databases.copy_of(pytestconfig.stash[MIGRATED], folder), folder) as app:
        yield app


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory):
    """An app over tables of revision 0001, with at least one row in each, that were upgraded; and how many rows each
    had before."""
    with migrated_app(tmp_path_factory.mktemp("baseline"), "0001") as app, app.app_context():
        with create_plain_engine().begin() as connection:
            for table in baseline.METADATA.sorted_tables:
                if not row_count(connection, table):  # The migration itself wrote the others.
                    connection.execute(table.insert().values({each.name: value_of(each) for each in table.columns}))
            before = {table.name: row_count(connection, table) for table in baseline.METADATA.sorted_tables}
        flask_migrate.upgrade()
        yield app, before


def create_plain_engine() -> sa.Engine:
    """The portal's engines would claim a node number from a table that a migration may change."""
    return sa.create_engine(db.engine.url, poolclass=sa.NullPool)


def value_of(column: sa.Column) -> object:
    """A value for any column: 1 for ids and references, so that rows refer to each other."""
    if str(column) in NAMED:
        return NAMED[str(column)]
    if isinstance(column.type, sa.Enum):
        return column.type.enums[0]
    return next(value for type_, value in VALUES.items() if isinstance(column.type, type_))


def row_count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def schema() -> dict:
    """The database's catalog in a comparable form."""
    inspector = inspect(db.engine)
    return {
        name: {
            "columns": [(each["name"], str(each["type"]), each["nullable"]) for each in inspector.get_columns(name)],
            "keys": [inspector.get_pk_constraint(name), sorted(map(str, inspector.get_foreign_keys(name)))],
            "unique": sorted(map(str, inspector.get_unique_constraints(name))),
            "indexes": sorted(str(_spelled(each)) for each in inspector.get_indexes(name)),
            "checks": sorted(map(str, inspector.get_check_constraints(name))),
        }
        for name in inspector.get_table_names()
    }


def _spelled(index: dict) -> dict:
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


def test_enum_values_are_the_same_in_checks_and_models(app):
    """Alembic does not compare CHECKs, so a new enum value would be refused only when it is first used."""
    tables = [table for metadata in METADATA for table in metadata.sorted_tables]
    with app.app_context():
        inspector = inspect(db.engine)
        in_database = {
            (table.name, check["name"]): words(check["sqltext"])
            for table in tables
            for check in inspector.get_check_constraints(table.name)
        }
        models = {
            (table.name, str(check.name)): words(str(check.sqltext.compile(compile_kwargs={"literal_binds": True})))
            for table in tables
            for check in table.constraints
            if isinstance(check, CheckConstraint)
        }

    assert {key[0]: found for key, found in in_database.items()}.keys() == {key[0] for key in models}
    assert sorted(map(sorted, in_database.values())) == sorted(map(sorted, models.values()))


@pytest.mark.skipif(bool(databases.SERVER), reason="PostgreSQL makes no table of a list")
def test_checks_of_sqlite_refuse_what_they_refused_without_a_table_for_their_list(app):
    """SQLite builds one for three values and more, each time a statement runs (`enum_checks.replace_long_lists`)."""
    with app.app_context():
        flask_migrate.upgrade()  # Without a step to take.
    with app.app_context(), create_plain_engine().begin() as connection:
        texts = connection.scalars(text("SELECT sql FROM sqlite_master WHERE type = 'table'"))
        holiday = (
            "INSERT INTO holiday (id, day, kind, name, changed_at) VALUES (1, '2026-01-01', '{}', '', '2026-01-01')"
        )

        assert [each for each in texts if LONG_LIST.search(each)] == []
        with pytest.raises(IntegrityError, match="ck_holiday_kind"):
            connection.exec_driver_sql(holiday.format("none"))
        assert connection.exec_driver_sql(holiday.format("half")).rowcount == 1
        connection.rollback()


def words(check: str) -> set[str]:
    return set(re.findall(r"'(\w+)'", check))


def test_downgrading_and_upgrading_gives_the_same_database(app):
    with app.app_context():
        before, guarded = schema(), triggers()
        flask_migrate.downgrade(revision="base")
        down, left = schema().keys(), triggers()
        flask_migrate.upgrade()

        assert down == {"alembic_version"}
        assert left == set()
        assert schema() == before
        assert triggers() == guarded


def test_the_database_generates_the_ids_of_visits(app):
    """Alembic does not compare whether a column is generated; all other ids are made by the portal."""
    with app.app_context():
        shortlinks.record(db.session, [shortlinks.Opening(1, clock.now(), shortlinks.VisitKind.UNKNOWN, "")] * 2)
        db.session.commit()

        assert db.session.scalars(sa.select(shortlinks.Visit.id)).all() == [1, 2]


def test_upgrading_from_the_baseline_keeps_every_row(upgraded):
    app, before = upgraded
    with app.app_context(), create_plain_engine().connect() as connection:
        names = {name: RENAMED.get(name, name) for name in before}
        after = {name: row_count(connection, sa.table(now)) for name, now in names.items() if now}

    assert min(before.values()) > 0
    assert after == {name: count for name, count in before.items() if names[name]}


def test_upgrading_counts_the_rows_that_were_there(upgraded):
    app, _ = upgraded
    with app.app_context(), Session(create_plain_engine()) as session:
        counted = session.scalars(sa.select(RowTally.subject)).all()

        assert {"consent", "recipient"} <= set(counted)  # Its one decision is void.
        assert row_tallies.find_differences(session) == []


def test_models_can_read_the_rows_of_the_baseline(upgraded):
    """A migration that changes an enum's values or a column's type has to convert what is stored."""
    app, _ = upgraded
    with app.app_context(), create_plain_engine().connect() as connection:
        unread = [
            table.name
            for metadata in METADATA
            for table in metadata.sorted_tables
            if table.name in baseline.METADATA.tables and not connection.execute(sa.select(table)).all()
        ]

    assert unread == []


def test_transactions_have_the_same_names_as_bytes(upgraded):
    """Those of İYS and any other, up and down again."""
    app, _ = upgraded
    texts = "SELECT transaction_id FROM submission UNION ALL SELECT transaction_id FROM movement"
    with app.app_context():
        with create_plain_engine().connect() as connection:
            read = [connection.scalar(sa.select(each.transaction_id)) for each in (Submission, Movement)]
            stored = [bytes(each) for each in connection.scalars(text(texts))]
        flask_migrate.downgrade(revision="0048")
        with create_plain_engine().connect() as connection:
            before = connection.scalars(text(texts)).all()
        flask_migrate.upgrade()

    assert read == before == [TRANSACTION, "x"]
    assert stored == [b"\x0b" * 32, b"x".ljust(33, b"\0")]


def test_what_a_sweep_went_on_without_is_known_by_its_present_name(upgraded):
    app, _ = upgraded
    with app.app_context(), create_plain_engine().connect() as connection:
        assert connection.execute(sa.select(Sweep.code, Sweep.left_out)).one() == (None, "not_answered")


def test_triggers_count_what_is_said_beside_the_model(app):
    """What migrations made is what the living list would make."""
    with app.app_context(), create_plain_engine().connect() as connection:
        before, dialect = counting(connection), connection.dialect.name
        with Operations.context(MigrationContext.configure(connection)):
            made_by.drop_triggers(dialect)
            dropped = counting(connection)
            made_by.create_triggers(dialect, [made_by.Tally(**asdict(each)) for each in TALLIES])

        assert dropped == {}
        assert counting(connection) == before != {}


def counting(connection: sa.Connection) -> dict[str, str]:
    """Triggers that count, as the database keeps them."""
    found = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%\\_tally%' ESCAPE '\\'"
    if databases.SERVER:
        found = (
            "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname LIKE '%\\_tally%' "
            "UNION ALL SELECT proname, prosrc FROM pg_proc WHERE proname LIKE 'tally\\_%'"
        )
    return dict(connection.execute(text(found)).all())


@pytest.mark.parametrize("table", ["decision", "annulment", "submission"])
def test_a_table_that_is_built_anew_keeps_its_triggers(app, table):
    """SQLite loses them with the old table, and cannot rename the new one while another table's trigger reads it.
    PostgreSQL builds no table anew."""
    recreate = "never" if databases.SERVER else "always"
    with app.app_context(), create_plain_engine().begin() as connection:
        before = triggers()
        guards = append_only.triggers_dropped if table != "submission" else append_only.event_triggers_dropped
        context = Operations.context(MigrationContext.configure(connection))
        with context, guards(table), op.batch_alter_table(table, recreate=recreate):
            pass
    with app.app_context():
        assert triggers() == before > {f"{table}_event"}


def test_a_migration_that_fails_leaves_nothing(tmp_path):
    """Its second table is in the way."""
    with migrated_app(tmp_path, "0039") as app, app.app_context():
        with create_plain_engine().begin() as connection:
            connection.execute(text("CREATE TABLE key_generation (generation integer)"))
        with pytest.raises((OperationalError, ProgrammingError)):
            flask_migrate.upgrade(revision="0041")

        assert (revision(), inspect(create_plain_engine()).has_table("process")) == ("0039", False)
        with create_plain_engine().begin() as connection:
            connection.execute(text("DROP TABLE key_generation"))
        flask_migrate.upgrade(revision="0041")
        assert revision() == "0041"


def test_an_index_that_a_try_left_half_made_is_made_anew(app):
    """Made beside writers, it is part of no transaction."""
    with app.app_context():
        flask_migrate.downgrade(revision="0047")
        with create_plain_engine().begin() as connection:
            connection.execute(text("CREATE INDEX ix_submission_bulk ON submission (id)"))
        flask_migrate.upgrade(revision="0048")

        found = {
            each["name"]: each["column_names"] for each in inspect(create_plain_engine()).get_indexes("submission")
        }
        flask_migrate.upgrade()
        assert found["ix_submission_bulk"] == ["bulk_id"]
        assert "ix_submission_bulk_id" not in found


@pytest.mark.skipif(not databases.SERVER, reason="SQLite has no locks of tables")
def test_a_migration_waits_for_a_table_for_seconds_only(tmp_path):
    """And keeps those before it: the next try goes on there."""
    with migrated_app(tmp_path, "0039") as app, app.app_context():
        flask_migrate.upgrade(revision="0040")
        with create_plain_engine().begin() as reader:
            reader.execute(text("SELECT count(*) FROM process"))
            with pytest.raises(OperationalError) as refused:
                flask_migrate.upgrade(revision="0041")

        assert (type(refused.value.orig).__name__, revision()) == ("LockNotAvailable", "0040")
        flask_migrate.upgrade(revision="0041")
        assert revision() == "0041"


def revision() -> str | None:
    with create_plain_engine().connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def test_there_is_one_newest_migration(app):
    with app.app_context():
        script = ScriptDirectory.from_config(app.extensions["migrate"].migrate.get_config())

        assert len(script.get_heads()) == 1
