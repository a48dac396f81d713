"""Copy a SQLite database into an empty PostgreSQL, and prove that both hold the same rows.

Rows travel by primary key in chunks, each a COPY in a transaction of its own, so a copy that was ended in any way goes
on behind the last row that arrived. Until the end the target says of no schema version, so no program starts on it.
Triggers and foreign keys rest (session_replication_role): events were recorded, and references checked, at the source.
"""

import marshal
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from itertools import chain, islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Boolean, Column, Date, DateTime, String, Table, make_url
from sqlalchemy.types import TypeEngine

import shortlinks
from portal.core.database import is_server, sqlalchemy_url
from portal.core.models import Base
from portal.core.paths import MIGRATIONS

CHUNK = 20_000  # Rows.
WRITTEN_BY_MIGRATIONS = ("node_counter", "package")
REPLICA = "SET session_replication_role = replica"
GRANT = "GRANT SET ON PARAMETER session_replication_role TO <role>"
# How values are read, by type, so that both databases give the same.
Forms = dict[type[TypeEngine[Any]], str]
SQLITE_FORMS: Forms = {DateTime: "substr({} || '.000000', 1, 26)", JSON: "CAST({} AS TEXT)"}
POSTGRESQL_FORMS: Forms = {
    DateTime: "to_char({}, 'YYYY-MM-DD HH24:MI:SS.US')",
    Date: "to_char({}, 'YYYY-MM-DD')",
    Boolean: "{}::int",
    JSON: "{}::text",
}
Target = psycopg.Connection[tuple[Any, ...]]


class CannotCopy(Exception):
    """The copy was not begun, or stopped; the message says why, without any value of a row."""


@dataclass(frozen=True)
class Digest:
    """How many rows a table has, and the sum of their hashes, which no order changes."""

    rows: int
    total: int


@cache
def tables() -> tuple[Table, ...]:
    """Every table of the portal, those that others refer to first."""
    return *Base.metadata.sorted_tables, *shortlinks.Base.metadata.sorted_tables


def open_source(url: str) -> sqlite3.Connection:
    """One moment of the database, read-only. Raises CannotCopy."""
    file = None if is_server(url) else make_url(url).database
    if not file or not Path(file).is_file():
        raise CannotCopy("The source is sqlite:///<file>, and the file must be there.")
    source = sqlite3.connect(f"file:{quote(str(Path(file).resolve()))}?mode=ro", uri=True, isolation_level=None)
    source.execute("BEGIN")
    return source


def open_target(url: str) -> Target:
    """Raises CannotCopy."""
    if not is_server(url):
        raise CannotCopy("The target is postgresql://…")
    plain = make_url(sqlalchemy_url(url)).set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        return psycopg.connect(plain, autocommit=True)
    except psycopg.OperationalError as failure:
        raise CannotCopy(f"The target: {failure}") from failure


def check_versions(source: sqlite3.Connection, target: Target) -> str:
    """The schema version of both. Raises CannotCopy where they differ, or are not this version's."""
    newest = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    of_source = source.execute("SELECT max(version_num) FROM alembic_version").fetchone()[0]
    begun = _begun_copy(target)
    of_target = begun[1] if begun else _revision(target)
    if newest is None or {of_source, of_target} != {newest}:
        raise CannotCopy(
            f"Schema versions differ: source {of_source}, target {of_target}, this program {newest}. "
            "Run “izinlink db upgrade” with each of the two as DATABASE_URL."
        )
    return newest


def begin(source: sqlite3.Connection, target: Target) -> None:
    """Begin a copy, or go on with one. Raises CannotCopy where the target holds something else."""
    revision, file = check_versions(source, target), source.execute("PRAGMA database_list").fetchone()[2]
    try:
        target.execute(REPLICA)
    except psycopg.errors.InsufficientPrivilege as refused:
        raise CannotCopy(f"The target's role may not stop triggers. As a superuser: {GRANT}") from refused
    if begun := _begun_copy(target):
        if begun[0] != file:
            raise CannotCopy(f"The target holds the beginning of a copy of {begun[0]}.")
        return
    filled = [each.name for each in tables() if each.name not in WRITTEN_BY_MIGRATIONS and _has_rows(target, each)]
    if filled:
        raise CannotCopy(f"The target is not empty: {', '.join(filled)}.")
    if broken := source.execute('SELECT DISTINCT "table" FROM pragma_foreign_key_check').fetchall():
        raise CannotCopy(
            f"At the source, rows refer to rows that are not there: {', '.join(name for (name,) in broken)}."
        )
    with target.transaction():
        target.execute("CREATE TABLE database_copy (source text NOT NULL, revision text NOT NULL)")
        target.execute("INSERT INTO database_copy VALUES (%s, %s)", (file, revision))
        for name in ("alembic_version", *WRITTEN_BY_MIGRATIONS):
            target.execute(f"DELETE FROM {name}")  # nosec B608


def copy_table(source: sqlite3.Connection, target: Target, table: Table) -> Iterator[int]:
    """Copy what the target does not have yet; after each chunk, how many rows it had. Raises CannotCopy."""
    try:
        yield from _copy_chunks(source, target, table)
    except (psycopg.Error, sqlite3.Error) as failure:  # Its text may hold an address.
        raise CannotCopy(f"{table.name}: {type(failure).__name__}.") from None


def digest_source(source: sqlite3.Connection, table: Table) -> Digest:
    return _digest(source.execute(_select(table, SQLITE_FORMS)))


def digest_target(target: Target, table: Table) -> Digest:
    with target.cursor() as cursor:  # Row by row, as some hold a file.
        return _digest(cursor.stream(_select(table, POSTGRESQL_FORMS), binary=True))


def finish(source: sqlite3.Connection, target: Target, revision: str) -> None:
    """Let programs start on the target: generated ids go on behind the last one, and the schema version is said."""
    with target.transaction():
        for table in tables():
            if "id" in table.columns:
                _set_sequence(source, target, table.name)
        target.execute("INSERT INTO alembic_version VALUES (%s)", (revision,))
        target.execute("DROP TABLE database_copy")
    target.execute("ANALYZE")


def _copy_chunks(source: sqlite3.Connection, target: Target, table: Table) -> Iterator[int]:
    last, keys = _last_key(target, table), [_quoted(each) for each in table.primary_key]
    behind = f"WHERE ({', '.join(keys)}) > ({', '.join('?' * len(keys))})" if last else ""
    rows = source.execute(f"{_select(table, SQLITE_FORMS)} {behind} ORDER BY {', '.join(keys)}", last or ())
    into = f'COPY "{table.name}" ({", ".join(map(_quoted, table.columns))}) FROM STDIN'
    for first in rows:
        count = 0
        with target.transaction(), target.cursor() as cursor, cursor.copy(into) as copy:
            for row in chain([first], islice(rows, CHUNK - 1)):
                copy.write_row(row)
                count += 1
        yield count


def _set_sequence(source: sqlite3.Connection, target: Target, name: str) -> None:
    """SQLite remembers the largest id that there ever was, of tables with AUTOINCREMENT."""
    of_column = target.execute("SELECT pg_get_serial_sequence(%s, 'id')", (f'"{name}"',)).fetchone()
    if not of_column or of_column[0] is None:
        return
    known = f'SELECT max(id) AS id FROM "{name}" UNION SELECT seq FROM sqlite_sequence WHERE name = ?'  # nosec B608
    if last := source.execute(f"SELECT max(id) FROM ({known})", (name,)).fetchone()[0]:  # nosec B608
        target.execute("SELECT setval(%s, %s)", (of_column[0], last))


def _begun_copy(target: Target) -> tuple[Any, ...] | None:
    """The source's file and the schema version of a copy that has not ended."""
    there = target.execute("SELECT to_regclass('database_copy') IS NOT NULL").fetchone()
    return target.execute("SELECT source, revision FROM database_copy").fetchone() if there and there[0] else None


def _revision(target: Target) -> str | None:
    there = target.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone()
    found = target.execute("SELECT max(version_num) FROM alembic_version").fetchone() if there and there[0] else None
    return found[0] if found else None


def _has_rows(target: Target, table: Table) -> bool:
    return target.execute(f'SELECT 1 FROM "{table.name}" LIMIT 1').fetchone() is not None  # nosec B608


def _last_key(target: Target, table: Table) -> tuple[Any, ...] | None:
    """The largest primary key that arrived, in SQLite's order, which is that of bytes."""
    keys = [_formed(each, POSTGRESQL_FORMS) for each in table.primary_key]
    texts = {each.name for each in table.primary_key if isinstance(_type_of(each), String)}
    places = [
        f'"{each.name}" {"COLLATE pg_catalog.ucs_basic" * (each.name in texts)} DESC' for each in table.primary_key
    ]
    found = f'SELECT {", ".join(keys)} FROM "{table.name}" ORDER BY {", ".join(places)} LIMIT 1'  # nosec B608
    return target.execute(found).fetchone()


def _select(table: Table, forms: Forms) -> str:
    return f'SELECT {", ".join(_formed(each, forms) for each in table.columns)} FROM "{table.name}"'  # nosec B608


def _formed(column: Column[Any], forms: Forms) -> str:
    own = _type_of(column)
    return next((form for kind, form in forms.items() if isinstance(own, kind)), "{}").format(_quoted(column))


def _type_of(column: Column[Any]) -> TypeEngine[Any]:
    """As the database knows it."""
    plain: TypeEngine[Any] = getattr(column.type, "impl_instance", column.type)
    return plain


def _quoted(column: Column[Any]) -> str:
    return f'"{column.name}"'


def _digest(rows: Any) -> Digest:
    count = total = 0
    for row in rows:
        hashed = blake2b(marshal.dumps(tuple(row), 2), digest_size=16)  # The second version holds values only.
        count, total = count + 1, total + int.from_bytes(hashed.digest())
    return Digest(count, total % (1 << 128))
