"""The database itself refuses to change or delete facts: asked in raw SQL, past everything of the portal."""

import contextlib
import sqlite3

import psycopg
import pytest

from portal.core.extensions import db
from portal.core.models import Base
from tests import databases, make
from tests.make import Person

pytestmark = pytest.mark.slow

FACTS = ("receipt_decision", "attempt", "decision", "receipt", "audit_entry", "consent_text", "message_text", "leaf")
MAY_BE_SEALED_ANEW = {("receipt", "request_metadata"), ("receipt", "name"), ("attempt", "answer")}
REFUSALS = (sqlite3.IntegrityError, psycopg.errors.RaiseException)

on_sqlite = pytest.mark.skipif(bool(databases.SERVER), reason="SQLite's own ways around a trigger")
on_postgresql = pytest.mark.skipif(not databases.SERVER, reason="PostgreSQL's own ways around a trigger")


@pytest.fixture
def database(app, browser):
    """The database by its driver alone, with one act of Fatma and a call to İYS; each statement is a transaction."""
    Person(browser, make.codes(app)[make.PHONE]).decides(MESAJ="ONAY", ARAMA="RET")
    with app.app_context():
        url = db.engine.url
    with contextlib.closing(_connect(url)) as connection:
        connection.execute(ATTEMPT)
        connection.execute(MESSAGE_TEXT)
        yield connection


ATTEMPT = """
INSERT INTO attempt (id, provider_id, submission_id, at, question, http_status, answer)
SELECT id, provider_id, id, created_at, 'add', 200, payload FROM submission
"""
MESSAGE_TEXT = """
INSERT INTO message_text (
    id, provider_id, campaign_id, version, sms_tr, sms_en, subject_tr, subject_en, body_tr, body_en, digest, user_id,
    created_at
)
SELECT id, provider_id, campaign_id, version, 'a', 'b', 'c', 'd', 'e', 'f', digest, 1, created_at FROM consent_text
"""


def _connect(url):
    if url.drivername.startswith("sqlite"):
        return sqlite3.connect(url.database, isolation_level=None)
    return psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True)


def count(database, table: str) -> int:
    return database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def is_refused(database, statement: str) -> bool:
    """Whether the database refuses by its rule, and not by an accident such as a missing value."""
    try:
        database.execute(statement)
    except REFUSALS as refusal:
        return "is append-only" in str(refusal)
    return False


def taken(database, statements: list[str]) -> list[str]:
    """Those statements that the database does not refuse."""
    return [statement for statement in statements if not is_refused(database, statement)]


def start_run(database) -> None:
    database.execute("INSERT INTO retention_run (id, reason, started_at) VALUES (7, 'ten years', '2026-01-01')")


def end_run(database) -> None:
    database.execute("UPDATE retention_run SET ended_at = '2026-01-02' WHERE id = 7")


def test_no_column_of_a_fact_can_be_changed(database):
    value = "NULL" if databases.SERVER else "7"
    columns = {(name, column.name) for name in FACTS for column in Base.metadata.tables[name].c}

    changes = [f"UPDATE {name} SET {column} = {value}" for name, column in columns - MAY_BE_SEALED_ANEW]

    assert taken(database, changes) == []


def test_an_encrypted_value_may_be_updated(database):
    empty = r"'\x00'::bytea" if databases.SERVER else "x'00'"
    for name, column in MAY_BE_SEALED_ANEW:
        changed = database.execute(f"UPDATE {name} SET {column} = {empty}").rowcount

        assert changed == count(database, name) > 0


def test_an_encrypted_value_cannot_be_updated_with_another_column(database):
    value = "NULL" if databases.SERVER else "7"

    assert is_refused(database, f"UPDATE receipt SET request_metadata = {value}, choices = 'MESAJ=ONAY ARAMA=ONAY'")
    assert is_refused(database, f"UPDATE attempt SET answer = {value}, http_status = 500")


def test_no_fact_can_be_deleted(database):
    before = [count(database, name) for name in FACTS]

    assert taken(database, [f"DELETE FROM {name}" for name in FACTS]) == []
    assert [count(database, name) for name in FACTS] == before
    assert min(before) > 0


def test_facts_are_deleted_only_while_a_retention_run_is_open(database):
    start_run(database)
    database.execute("DELETE FROM receipt_decision")
    end_run(database)

    assert count(database, "receipt_decision") == 0
    assert taken(database, [f"DELETE FROM {name}" for name in FACTS if name != "receipt_decision"]) == []


def test_a_retention_run_can_delete_all_of_a_person_but_no_leaves(database):
    leaves = count(database, "leaf")
    start_run(database)

    database.execute("DELETE FROM receipt_decision")
    database.execute("DELETE FROM attempt")
    database.execute("DELETE FROM submission")
    for name in ("decision", "receipt", "audit_entry", "message_text"):
        database.execute(f"DELETE FROM {name}")
    database.execute("UPDATE campaign SET text_id = NULL")
    database.execute("DELETE FROM consent_text")

    assert [count(database, name) for name in FACTS] == [0, 0, 0, 0, 0, 0, 0, leaves]
    assert is_refused(database, "DELETE FROM leaf")


def test_a_retention_run_changes_nothing_but_by_deleting(database):
    start_run(database)

    assert is_refused(database, "UPDATE decision SET status = 'ONAY'")
    assert is_refused(database, "UPDATE audit_entry SET act = 'nothing'")


REWRITES = [
    "DELETE FROM retention_run",
    "UPDATE retention_run SET reason = 'none'",
    "UPDATE retention_run SET started_at = '2020-01-01'",
    "UPDATE retention_run SET id = 8",
]


def test_an_open_retention_run_can_only_be_ended(database):
    start_run(database)

    assert taken(database, REWRITES) == []
    end_run(database)


def test_a_retention_run_that_has_ended_stays_as_it_was(database):
    start_run(database)
    end_run(database)
    reopening = ["UPDATE retention_run SET ended_at = NULL", "UPDATE retention_run SET ended_at = '2030-01-01'"]

    assert taken(database, REWRITES + reopening) == []


@on_postgresql
def test_truncate_is_refused(database):
    assert taken(database, [f"TRUNCATE {name} CASCADE" for name in (*FACTS, "retention_run")]) == []


@on_postgresql
def test_truncating_referenced_tables_is_refused(database):
    assert is_refused(database, "TRUNCATE provider CASCADE")


@on_postgresql
def test_truncate_is_refused_in_a_retention_run_too(database):
    start_run(database)

    assert is_refused(database, "TRUNCATE decision CASCADE")


@on_postgresql
def test_an_insert_that_would_update_is_refused(database):
    upsert = "INSERT INTO {0} SELECT * FROM {0} ON CONFLICT ({1}) DO UPDATE SET provider_id = NULL"
    keys = {name: Base.metadata.tables[name].primary_key.columns.keys() for name in FACTS if name != "receipt_decision"}

    assert taken(database, [upsert.format(name, key) for name, (key,) in keys.items()]) == []


@on_sqlite
def test_insert_or_replace_is_refused(database):
    ways = ("INSERT OR REPLACE", "REPLACE")

    assert taken(database, [f"{origin} INTO {name} SELECT * FROM {name}" for origin in ways for name in FACTS]) == []


@on_sqlite
def test_replacing_by_another_unique_key_is_refused(database):
    """With an id of its own, the row would still push out the one that holds its other key."""
    replacing = []
    for name in ("consent_text", "receipt"):
        columns = Base.metadata.tables[name].c.keys()
        own_id = ["id + 1" if column == "id" else column for column in columns]
        replacing.append(f"INSERT OR REPLACE INTO {name} ({', '.join(columns)}) SELECT {', '.join(own_id)} FROM {name}")

    assert taken(database, replacing) == []


@on_sqlite
def test_no_id_is_changed_through_rowid(database):
    start_run(database)
    tables = [name for name in (*FACTS, "retention_run") if name != "receipt_decision"]  # That one has none.
    names = [(name, alias) for name in tables for alias in ("rowid", "oid", "_rowid_")]

    assert taken(database, [f"UPDATE {name} SET {alias} = 123456" for name, alias in names]) == []
    with pytest.raises(sqlite3.OperationalError, match="no such column: rowid"):
        database.execute("SELECT rowid FROM receipt_decision")


@on_sqlite
def test_a_retention_run_is_not_opened_again_by_replacing_it(database):
    start_run(database)
    end_run(database)
    again = "INSERT OR REPLACE INTO retention_run (id, reason, started_at) VALUES (7, 'again', '2026-01-01')"

    assert is_refused(database, again)


def test_facts_can_be_added(database):
    before = count(database, "audit_entry")

    database.execute(
        "INSERT INTO audit_entry (id, provider_id, at, actor, act, subject, subject_id, facts) "
        "SELECT 7, provider_id, at, actor, act, subject, subject_id, facts FROM audit_entry LIMIT 1"
    )

    assert count(database, "audit_entry") == before + 1
