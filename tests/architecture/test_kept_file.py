"""A test finds the database empty, whatever the one before left, and connections that stayed open see that."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.kept_file import KeptFile


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "tests.db"


@pytest.fixture
def kept(path, tmp_path):
    template = tmp_path / "template.db"
    with closing(sqlite3.connect(template)) as made:
        made.executescript("PRAGMA journal_mode = WAL; CREATE TABLE word (text); INSERT INTO word VALUES ('migrated')")
    file = KeptFile()
    file.copy(str(template), path)
    yield file
    file.close()


@pytest.fixture
def connection(kept, path):
    with closing(sqlite3.connect(path, isolation_level=None)) as opened:
        yield opened


def words(connection: sqlite3.Connection) -> list[str]:
    return [text for (text,) in connection.execute("SELECT text FROM word")]


def write(connection: sqlite3.Connection, times: int = 1) -> None:
    connection.executemany("INSERT INTO word VALUES (?)", [("x" * 900,)] * times)


@pytest.mark.parametrize("times", [1, 2000])
def test_what_was_written_is_gone_for_every_connection_each_time(kept, connection, path, times):
    with closing(sqlite3.connect(path)) as other:
        for _ in range(3):
            write(connection, times)
            assert len(words(other)) == 1 + times

            assert kept.empty()
            assert words(connection) == words(other) == ["migrated"]


@pytest.mark.parametrize("statement", ["INSERT INTO word VALUES ('late')", "SELECT * FROM word"])
def test_a_file_in_use_is_not_emptied(kept, connection, statement):
    write(connection)
    connection.execute("BEGIN")
    connection.execute(statement).fetchone()

    assert not kept.empty()

    connection.execute("ROLLBACK")
    assert kept.empty()


def test_a_file_with_another_schema_is_not_emptied(kept, connection):
    connection.execute("ALTER TABLE word ADD COLUMN language")

    assert not kept.empty()


def test_a_file_that_was_replaced_is_not_emptied(kept, path):
    path.rename(path.with_suffix(".old"))
    path.touch()

    assert not kept.empty()


def test_a_file_that_was_closed_is_not_emptied(kept):
    kept.close()

    assert not kept.empty()
