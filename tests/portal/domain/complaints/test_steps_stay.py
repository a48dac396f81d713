"""The database itself keeps the steps of a case: asked in raw SQL, past everything of the portal."""

import contextlib

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Complaint, ComplaintStep
from portal.domain import complaints
from tests import databases
from tests.portal.core.models.test_append_only import _connect, is_refused, start_run, taken
from tests.portal.domain.complaints.cast import a_case

STEP = ComplaintStep.__tablename__


@pytest.fixture
def database(app, rows):
    """The database by its driver alone, with a case of two steps; each statement is a transaction."""
    case, _ = a_case(app, rows)
    with app.app_context():
        of = db.session.get_one(Complaint, case.id)
        complaints.answer_case(db.session, vault(), of, "Durdurduk.", user_id=7, at=clock.now())
        db.session.commit()
        url = db.engine.url
    with contextlib.closing(_connect(url)) as connection:
        yield connection


def test_no_column_of_a_step_can_be_changed_but_its_seal(database):
    value = "NULL" if databases.SERVER else "7"
    columns = [column.name for column in ComplaintStep.__table__.c if column.name != "text"]

    assert taken(database, [f"UPDATE {STEP} SET {column} = {value}" for column in columns]) == []
    empty = r"'\x00'::bytea" if databases.SERVER else "x'00'"
    assert database.execute(f"UPDATE {STEP} SET text = {empty}").rowcount == 2


def test_no_step_can_be_deleted_but_in_a_retention_run(database):
    assert is_refused(database, f"DELETE FROM {STEP}")

    start_run(database)

    assert database.execute(f"DELETE FROM {STEP}").rowcount == 2


@pytest.mark.skipif(bool(databases.SERVER), reason="SQLite's own ways around a trigger")
def test_no_step_can_be_replaced(database):
    ways = ("INSERT OR REPLACE", "REPLACE")
    hidden = f"INSERT OR REPLACE INTO {STEP} (rowid, provider_id, complaint_id, at, act) SELECT rowid, "

    assert taken(database, [f"{origin} INTO {STEP} SELECT * FROM {STEP}" for origin in ways]) == []
    assert is_refused(database, f"{hidden} provider_id, complaint_id, at, act FROM {STEP}")


@pytest.mark.skipif(not databases.SERVER, reason="PostgreSQL's own ways around a trigger")
def test_no_step_can_be_swept_away(database):
    upsert = f"INSERT INTO {STEP} SELECT * FROM {STEP} ON CONFLICT (id) DO UPDATE SET provider_id = NULL"

    assert taken(database, [f"TRUNCATE {STEP} CASCADE", "TRUNCATE complaint CASCADE", upsert]) == []
