"""The values that an enum column's CHECK constraint allows, which Alembic does not compare."""

import re

import sqlalchemy as sa
from alembic import op

from portal.migrations.append_only import event_triggers_dropped

LONG_LIST = re.compile(r"(?<=CHECK \()([\w\"]+) IN \(('[^']*'(?:, '[^']*'){2,})\)(?=\))")
LITERAL = re.compile(r"'[^']*'")


def set_values(table: str, column: str, values: str) -> None:
    """Allow exactly these values, separated by spaces, in a column that baseline/ddl.py made."""
    name, check = op.f(f"ck_{table}_{column}"), f"{column} IN ({', '.join(map(repr, values.split()))})"
    with event_triggers_dropped(table), op.batch_alter_table(table) as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, sa.text(check))


def replace_long_lists(connection: sa.Connection) -> None:
    """Have CHECKs of SQLite compare with one value after the other: for a list of three or more it builds a table
    whenever a statement runs, two fifths of what a decision's rows took.

    So sqlite.org/lang_altertable.html changes a CHECK without building the table anew, in a transaction. What a
    migration has to know of it: docs/decisions/check-lists.md.
    """
    tables = connection.exec_driver_sql("SELECT name, sql FROM sqlite_schema WHERE type = 'table'")
    found = [table for table in tables if LONG_LIST.search(table.sql)]
    if not found:
        return
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    for table in found:
        changed = (LONG_LIST.sub(_comparisons, table.sql), table.name)
        connection.exec_driver_sql("UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = ?", changed)
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")  # Reads it anew.


def _comparisons(found: re.Match[str]) -> str:
    column, values = found.groups()
    return " OR ".join(f"{column} = {value}" for value in LITERAL.findall(values))
