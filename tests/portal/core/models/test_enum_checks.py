import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portal.migrations.enum_checks import replace_long_lists

LISTS = {  # As a migration writes them: as they are afterwards.
    "(kind IN ('a', 'b', 'c'))": "(kind = 'a' OR kind = 'b' OR kind = 'c')",
    "(kind IN ('a, x', 'b', ', ', ''))": "(kind = 'a, x' OR kind = 'b' OR kind = ', ' OR kind = '')",
    "(\"kind\" IN ('IN (', ')', 'b'))": "(\"kind\" = 'IN (' OR \"kind\" = ')' OR \"kind\" = 'b')",
}
LEFT = [  # For two values SQLite builds no table; of the others our migrations write none.
    "(kind IN ('a', 'b'))", "(kind IN ('it''s', 'b', 'c'))", "(kind IN ('a', 'b', 'c'', ''d'))", "(kind IN (1, 2, 3))",
    "(kind IN ('a', 'b', 'c') OR kind > 'x')",
]  # fmt: skip


@pytest.fixture
def connection():
    with sa.create_engine("sqlite://").connect() as connection:
        yield connection


def create(connection: sa.Connection, *checks: str) -> None:
    """Make a table with these CHECKs."""
    named = ", ".join(f"CONSTRAINT c{place} CHECK {check}" for place, check in enumerate(checks))
    connection.exec_driver_sql(f"CREATE TABLE t (kind VARCHAR, {named})")


def written(connection: sa.Connection) -> str:
    return connection.exec_driver_sql("SELECT sql FROM sqlite_schema").scalar_one().partition(", ")[2]


def test_lists_become_comparisons_with_each_of_their_values_and_nothing_else_is_touched(connection):
    create(connection, *LISTS, *LEFT)

    replace_long_lists(connection)
    checks, version = written(connection), connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    replace_long_lists(connection)

    expected = enumerate([*LISTS.values(), *LEFT])
    assert checks == ", ".join(f"CONSTRAINT c{place} CHECK {check}" for place, check in expected) + ")"
    assert connection.exec_driver_sql("PRAGMA schema_version").scalar_one() == version
    assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"


def test_a_check_takes_and_refuses_the_same_after_its_list_is_replaced_and_keeps_its_rows(connection):
    create(connection, "(kind IN ('a, x', 'b', 'c'))")

    for _ in range(2):
        for value in ("a, x", "b", "c", None):
            connection.exec_driver_sql("INSERT INTO t VALUES (?)", (value,))
        for value in ("a", "x", ", ", "", "B", "a, x OR b"):
            with pytest.raises(IntegrityError, match="c0"):
                connection.exec_driver_sql("INSERT INTO t VALUES (?)", (value,))
        replace_long_lists(connection)

    assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar_one() == 8
