"""What a file said stays as it was once it ran, and what was taken back stays taken back: the database sees to it."""

import contextlib

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.ids import new_ids
from portal.core.models import Decision, ImportBatch, ImportChunk
from tests import make
from tests.make import Person
from tests.portal.core.models.test_append_only import _connect, end_run, is_refused, start_run, taken

RUN = "UPDATE import_chunk SET ran_at = '2026-11-26 10:00:00' WHERE place = 0"


@pytest.fixture
def database(app, browser):
    """The database by its driver alone: a decision that was annulled, and a batch of two chunks of which one ran."""
    Person(browser, make.codes(app)[make.PHONE]).decides(MESAJ="RET")
    with app.app_context():
        _bring(make.brand())
        url = db.engine.url
    with contextlib.closing(_connect(url)) as connection:
        connection.execute(
            "INSERT INTO annulment (decision_id, provider_id, at) SELECT id, provider_id, recorded_at FROM decision"
        )
        connection.execute(RUN)
        yield connection


def _bring(brand) -> None:
    batch_id, first, second = new_ids(3)
    whose, at = {"provider_id": brand.provider_id}, clock.now()
    db.session.add(
        ImportBatch(
            id=batch_id,
            brand_id=brand.id,
            name=b"",
            digest=b"",
            size=1,
            state="running",
            state_changed_at=at,
            created_at=at,
            **whose,
        )
    )
    db.session.flush()
    for place, piece_id in enumerate((first, second)):
        piece = {"id": piece_id, "batch_id": batch_id, "sheet": 0, "place": place, "first_line": 1, "lines": 1}
        db.session.add(ImportChunk(content=b"sealed", **piece, **whose))
    db.session.commit()


def test_an_annulment_is_neither_changed_nor_deleted(database):
    statements = ["UPDATE annulment SET user_id = 7", "UPDATE annulment SET decision_id = 7", "DELETE FROM annulment"]

    assert taken(database, statements) == []


def test_a_chunk_that_ran_is_deleted_only_in_a_retention_run(database):
    assert is_refused(database, "DELETE FROM import_chunk WHERE place = 0")
    start_run(database)
    database.execute("DELETE FROM import_chunk WHERE place = 0")
    end_run(database)


def test_a_chunk_that_never_ran_may_be_deleted(database):
    assert database.execute("DELETE FROM import_chunk WHERE place = 1").rowcount == 1


def test_a_chunk_runs_once(database):
    assert (
        taken(database, ["UPDATE import_chunk SET ran_at = NULL WHERE place = 0", RUN.replace("10:00", "11:00")]) == []
    )


def test_a_chunks_place_and_lines_cannot_be_changed(database):
    columns = ("id", "provider_id", "batch_id", "sheet", "place", "first_line", "lines")

    assert taken(database, [f"UPDATE import_chunk SET {column} = 77 WHERE place = 1" for column in columns]) == []


def test_row_results_and_encryption_may_be_updated(database):
    anew = "UPDATE import_chunk SET tally = '{}', row_results = content, content = content WHERE place = 0"

    assert database.execute(anew).rowcount == 1


def test_every_decision_is_annulled_once(database, rows):
    again = "INSERT INTO annulment (decision_id, provider_id, at) SELECT id, provider_id, recorded_at FROM decision"

    with pytest.raises(Exception, match=r"(?i)append-only|duplicate"):
        database.execute(again)
    assert len(rows(Decision)) == 1
