"""A SQLite database moves to PostgreSQL whole: every table, after any end, with the same rows and rules."""

import shutil
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta

import flask_migrate
import psycopg
import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from sqlalchemy import make_url

from portal.app import create_app
from portal.cli.database_copy import copy_database
from portal.core import clock
from portal.core.database import sqlalchemy_url
from portal.core.models import Process
from portal.core.models.base import TransactionId
from portal.services import database_copy
from tests import databases, processes
from tests.conftest import MIGRATED, SECRETS

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not databases.SERVER, reason="copies to PostgreSQL")]

ROWS = 300_000  # Of the copy that is killed; it takes some seconds.
VALUES = (  # Of two rows, by type.
    {int: 1, str: "x", bool: True, bytes: b"x", dict: {"a": [1, None]}, float: 0.1, date: date(2026, 11, 25),
     datetime: datetime(2026, 11, 25, 9, 30, tzinfo=UTC)},
    {int: 32_002, str: "ığ\\N\t\"\n'", bool: False, bytes: bytes(range(256)), dict: ["ş", 2.5], float: 1e-300,
     date: date(2027, 1, 1), datetime: datetime(2026, 11, 25, 9, 30, 0, 7, tzinfo=UTC)},
)  # fmt: skip

CHANGES = {  # By table, in the order in which tables are compared.
    "iys_call_tally": "DELETE FROM iys_call_tally WHERE name = 'x'",
    "iys_rate": "UPDATE iys_rate SET name = 'y' WHERE name = 'x'",
    "brand": "UPDATE brand SET name = name || ' ' WHERE id = 1",
    "visit": "UPDATE visit SET at = at + interval '1 microsecond' WHERE id = 1",
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A SQLite database with two rows in each table."""
    folder = tmp_path_factory.mktemp("filled")
    url = f"sqlite:///{folder / 'izinlink.db'}"
    app = create_app({**SECRETS, "INSTANCE": str(folder), "DATABASE_URL": url})
    with app.app_context():
        flask_migrate.upgrade()
    databases.close_connections(app)
    with sa.create_engine(url).begin() as connection:
        for name in database_copy.WRITTEN_BY_MIGRATIONS:
            connection.execute(sa.text(f"DELETE FROM {name}"))
        for table in database_copy.tables():
            for number in range(1 if table.name == "link_counter" else len(VALUES)):
                row = {each.name: value_of(each, number) for each in table.columns}
                connection.execute(table.insert().values(row))
    return make_url(url).database


@pytest.fixture
def source(filled, tmp_path):
    """Its URL, for one test."""
    return f"sqlite:///{shutil.copyfile(filled, tmp_path / 'source.db')}"


@pytest.fixture
def target(template, pytestconfig):
    """The URL of an empty PostgreSQL of the same schema."""
    with databases.own_template(pytestconfig.stash[MIGRATED]) as url:
        yield url


def value_of(column: sa.Column, number: int) -> object:
    """Each row refers to the one of the same number; the second one holds no more than it must."""
    if isinstance(column.type, sa.Enum):
        return column.type.enums[0]
    if number and column.nullable and not column.foreign_keys:
        return None
    if isinstance(column.type, TransactionId):
        return VALUES[number][str]
    plain = getattr(column.type, "impl_instance", column.type)
    value = VALUES[number][dict if isinstance(plain, sa.JSON) else plain.python_type]
    return value[: plain.length] if isinstance(value, str) and plain.length else value


def copy(*words: str):
    return CliRunner().invoke(copy_database, words)


def execute(url: str, statement: str, *values) -> list:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        cursor = connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def rows_of(url: str) -> dict[str, list]:
    """What the models read of each table."""
    engine = sa.create_engine(sqlalchemy_url(url))
    with engine.connect() as connection:
        found = {each.name: sorted(map(repr, connection.execute(sa.select(each)))) for each in database_copy.tables()}
    engine.dispose()
    return found


def test_every_table_arrives_and_one_line_proves_it(source, target):
    told = copy(source, target)

    assert told.exit_code == 0, told.output
    assert told.stdout.splitlines()[-1].startswith(f"EQUAL: {len(database_copy.tables())} tables, ")
    assert rows_of(target) == rows_of(source)
    assert {name for name, rows in rows_of(target).items() if len(rows) < 2} == {"link_counter"}
    assert copy(source, target, "--verify-only").stdout == told.stdout
    again = copy(source, target)
    assert again.exit_code == 1 and "not empty" in again.output


def test_the_copy_is_guarded_and_counts_on_like_any_other_database(source, target):
    copy(source, target)
    last = execute(target, "SELECT max(id) FROM event")[0][0]

    with pytest.raises(psycopg.errors.RaiseException):
        execute(target, "UPDATE decision SET status = status")
    insert = "INSERT INTO event (provider_id, type, subject_id, at) VALUES (1, 'decision.made', 1, now()) RETURNING id"
    assert execute(target, insert) == [(last + 1,)]


def test_each_difference_is_found_in_its_table(source, target):
    copy(source, target)
    found = []
    for table, change in CHANGES.items():
        execute(target, change)
        told = copy(source, target, "--verify-only")
        found.append(table)

        assert told.exit_code == 1 and "EQUAL" not in told.output
        assert told.output.splitlines()[-1] == f"Error: Source and target differ: {', '.join(found)}."


def test_a_copy_that_stopped_starts_no_program_and_goes_on(source, target, tmp_path):
    """A column that is too narrow stands for any failure; what was told holds no value of a row."""
    execute(target, "ALTER TABLE user_account ALTER name TYPE varchar(1)")
    with sqlite3.connect(make_url(source).database) as connection:
        connection.execute("UPDATE user_account SET name = 'Ayşe'")

    stopped = copy(source, target)

    assert stopped.exit_code == 1 and "Ayşe" not in stopped.output
    assert stopped.output.splitlines()[-1] == "Error: user_account: StringDataRightTruncation."
    app = create_app({**SECRETS, "INSTANCE": str(tmp_path), "DATABASE_URL": target})
    with app.app_context():
        assert "schema: The database" in app.test_cli_runner().invoke(args=["doctor"]).stdout.splitlines()[0]
    databases.close_connections(app)
    other = tmp_path / "other.db"
    shutil.copyfile(make_url(source).database, other)
    assert "the beginning of a copy" in copy(f"sqlite:///{other}", target).output
    execute(target, "ALTER TABLE user_account ALTER name TYPE varchar(200)")
    assert copy(source, target).stdout.splitlines()[-1].startswith("EQUAL: ")


def test_no_copy_is_made_beside_programs_that_run(source, target):
    """One told lately that it runs; of another one, which tells nothing, the process is still there."""
    later = clock.now() + timedelta(hours=1)
    with sa.create_engine(source).begin() as connection:
        connection.execute(sa.update(Process).where(Process.node == 1).values(role="sender", seen_at=clock.now()))

    told = copy(source, target)

    assert told.exit_code == 1 and "sender 1." in told.output
    with (
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other,
        sa.create_engine(source).begin() as connection,
    ):
        mine = {"host": processes.socket.gethostname()[:60], "pid": other.pid, "leased_until": later, "role": "web"}
        connection.execute(sa.update(Process).values(mine | {"seen_at": clock.now() - timedelta(hours=1)}))
        connection.commit()
        assert f"web {other.pid}" in copy(source, target).output
        assert copy(source, target, "--anyway").exit_code == 0
        other.stdin.close()


def test_only_databases_of_this_schema_are_copied(source, target):
    execute(target, "UPDATE alembic_version SET version_num = '0001'")

    told = copy(source, target)

    assert told.exit_code == 1 and "target 0001" in told.output and "db upgrade" in told.output


@pytest.mark.long
def test_a_copy_that_is_killed_goes_on_where_it_was(source, target, tmp_path):
    with sqlite3.connect(make_url(source).database) as connection:
        columns = [name for _, name, *_ in connection.execute("PRAGMA table_info(visit)") if name != "id"]
        numbers = f"WITH RECURSIVE n(id) AS (SELECT 40000 UNION ALL SELECT id + 1 FROM n WHERE id < {ROWS + 39_999})"
        names = ", ".join(columns)
        of_visit = ", ".join(f"v.{each}" for each in columns)
        connection.execute(
            f"INSERT INTO visit (id, {names}) {numbers} SELECT n.id, {of_visit} FROM n, visit v WHERE v.id = 1"
        )
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "db-copy", source, target]
    settings = {**processes.os.environ, **SECRETS, "INSTANCE": str(tmp_path), "DATABASE_URL": source}
    first = subprocess.Popen(command, cwd=processes.ROOT, env=settings, stdout=subprocess.DEVNULL)
    give_up_at = time.monotonic() + processes.STARTUP_TIMEOUT
    while not (arrived := execute(target, "SELECT count(*) FROM visit")[0][0]) and time.monotonic() < give_up_at:
        assert first.poll() is None
    first.kill()
    first.wait()
    assert 0 < arrived < ROWS

    second = subprocess.run(command, cwd=processes.ROOT, env=settings, capture_output=True, text=True, check=True)

    assert second.stdout.splitlines()[-1].startswith("EQUAL: ")
    told = dict(line.removesuffix(" copied").split(": ") for line in second.stderr.splitlines() if "copied" in line)
    assert 0 < int(told["visit"]) <= ROWS + 2 - arrived
    assert "brand" not in told or int(told["brand"]) == 2
