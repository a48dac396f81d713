"""Inserts past the ORM: upserts (of two processes that insert the same row, the first one wins), and bulk inserts by
executemany, or COPY on PostgreSQL, whose values go through the columns' types."""

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain, count
from typing import Any

import psycopg
from sqlalchemy import Column, Connection, LargeBinary
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

from portal.core.database import announce, within_transaction
from portal.core.models.base import Base

FEW = 8  # Rows that one gathered statement holds. Drivers prepare one for each number of them.
COPY_FROM = 100  # Rows. Below, COPY is not worth it.
AT_ONCE = 64  # Rows in one statement on SQLite, where triggers and AUTOINCREMENT cost more per statement than per row.
GATHERED = "gathered inserts"
MARK = re.compile("%s")
Statement = tuple[str, list[Any]]  # SQL of the driver, and its values.
Rows = Sequence[Mapping[str, Any]]
Insert = sqlite.Insert | postgresql.Insert
Bind = Callable[[Any], Any]


def insert_or_add(session: Session, model: type[Base], row: Mapping[str, Any], *, sums: tuple[str, ...]) -> Insert:
    """The statement that inserts a row, or adds its columns `sums` to the row with the same primary key."""
    table, is_sqlite = model.__table__, session.get_bind(model).dialect.name == "sqlite"
    insert: Insert = sqlite.insert(table) if is_sqlite else postgresql.insert(table)
    added = {name: table.c[name] + insert.excluded[name] for name in sums}
    return insert.values(row).on_conflict_do_update(index_elements=list(table.primary_key), set_=added)


def insert_missing(session: Session, model: type[Base], rows: Rows) -> int:
    """Insert the rows that violate no unique constraint (ON CONFLICT DO NOTHING); return how many.

    All have the same keys, with every column that has no default in the database. Many are new as a rule: they are
    tried by COPY first.
    """
    if not rows:
        return 0
    connection = session.connection()
    plan, values = _bound(connection, model, rows)
    if _is_copied(connection, values):
        with contextlib.suppress(connection.dialect.loaded_dbapi.IntegrityError), connection.begin_nested():
            _copy(connection, plan, values)
            return len(values)
    return _execute(connection, plan, values, " ON CONFLICT DO NOTHING")


def insert_rows(session: Session, model: type[Base], rows: Rows) -> None:
    """Insert rows like those of insert_missing. Raises IntegrityError; in a block of in_few_statements, at its
    end."""
    if not rows:
        return
    gathered = session.info.get(GATHERED)
    if gathered is not None and len(rows) <= FEW:
        plan = _plan(model, tuple(rows[0]), session.get_bind().dialect)
        gathered.append((plan.insert_of(len(rows)), plan.bind_few(rows)))
        return
    session.flush()  # The rows may refer to rows that are pending in the session.
    connection = session.connection()
    plan, values = _bound(connection, model, rows)
    if _is_copied(connection, values):
        _copy(connection, plan, values)
    else:
        _execute(connection, plan, values)


@contextlib.contextmanager
def in_few_statements(session: Session) -> Iterator[None]:
    """Send the few rows that this block inserts (`insert_rows`) at its end, straight to the driver: on PostgreSQL by
    one statement for all tables, on SQLite by one for each."""
    gathered: list[Statement] = []
    session.info[GATHERED] = gathered
    try:
        yield
    finally:
        session.info.pop(GATHERED, None)
    if gathered:
        session.flush()  # The rows may refer to rows that are pending in the session.
        connection = session.connection()
        driver: Any = connection.connection.driver_connection
        if connection.dialect.name == "sqlite":
            cursor = driver.cursor()
        else:
            cursor = psycopg.RawCursor(driver)
            gathered = [(_as_one(tuple(insert for insert, _ in gathered)), [*chain(*(its for _, its in gathered))])]
        with contextlib.closing(cursor):
            for sql, values in gathered:
                announce(connection, cursor, sql, values)
                try:
                    cursor.execute(sql, values)
                except connection.dialect.loaded_dbapi.Error as error:
                    raise within_transaction(connection, error, sql) from error


@lru_cache(maxsize=512)
def _as_one(inserts: tuple[str, ...]) -> str:
    """Several inserts as one, with numbered values: psycopg itself would read a text as long as this one each time."""
    *parts, last = inserts
    with_parts = ", ".join(f"i{number} AS ({insert})" for number, insert in enumerate(parts))
    numbers = count(1)
    return MARK.sub(lambda _: f"${next(numbers)}", f"WITH {with_parts} {last}" if parts else last)


@dataclass(frozen=True)
class _Plan:
    """How rows with these columns are inserted: SQL of the driver, and what turns values into the driver's."""

    target: str  # Table and columns.
    marks: str  # Placeholders of a row.
    insert: str  # Of one row.
    binds: dict[str, Bind | None]

    def insert_of(self, count: int) -> str:
        """Of so many rows."""
        return self.insert + f", {self.marks}" * (count - 1)

    def bind_few(self, rows: Rows) -> list[Any]:
        """Their values, one row after the other."""
        binds = self.binds.items()
        return [row[name] if bind is None else bind(row[name]) for row in rows for name, bind in binds]

    def bind(self, rows: Rows) -> Iterator[tuple[Any, ...]]:
        return zip(*(_bind(bind, [row[name] for row in rows]) for name, bind in self.binds.items()), strict=True)


def _bound(connection: Connection, model: type[Base], rows: Rows) -> tuple[_Plan, list[tuple[Any, ...]]]:
    plan = _plan(model, tuple(rows[0]), connection.dialect)
    return plan, list(plan.bind(rows))


def _execute(connection: Connection, plan: _Plan, values: list[tuple[Any, ...]], end: str = "") -> int:
    """Insert the rows; how many they were."""
    if connection.dialect.name != "sqlite" or len(values) < AT_ONCE:
        return connection.exec_driver_sql(plan.insert + end, values).rowcount
    rest = len(values) % AT_ONCE
    whole = [(*chain(*values[place : place + AT_ONCE]),) for place in range(0, len(values) - rest, AT_ONCE)]
    count = connection.exec_driver_sql(plan.insert_of(AT_ONCE) + end, whole).rowcount
    return count + (_execute(connection, plan, values[-rest:], end) if rest else 0)


def _is_copied(connection: Connection, values: Sequence[object]) -> bool:
    return len(values) > COPY_FROM and connection.dialect.name != "sqlite"


def _copy(connection: Connection, plan: _Plan, values: list[tuple[Any, ...]]) -> None:
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {plan.target} FROM STDIN") as copy:
        for row in values:
            copy.write_row(row)


@lru_cache(maxsize=512)
def _plan(model: type[Base], names: tuple[str, ...], dialect: Dialect) -> _Plan:
    columns = ", ".join(f'"{name}"' for name in names)
    target = f'"{model.__tablename__}" ({columns})'
    marks = f"({', '.join(['?' if dialect.name == 'sqlite' else '%s'] * len(names))})"
    binds = {name: _processor(model.__table__.c[name], dialect) for name in names}
    return _Plan(target, marks, f"INSERT INTO {target} VALUES {marks}", binds)  # nosec B608


def _processor(column: Column[Any], dialect: Dialect) -> Bind | None:
    if isinstance(column.type, LargeBinary):  # Drivers take bytes as they are.
        return None
    return column.type.dialect_impl(dialect).bind_processor(dialect)


def _bind(bind: Bind | None, values: list[Any]) -> list[Any]:
    if bind is None:
        return values
    if len(values) <= FEW:
        return [bind(value) for value in values]
    try:
        bound = {value: _written(bind(value)) for value in set(values)}  # Enum values and times repeat a lot.
    except TypeError:  # JSON's lists and objects have no hash.
        return [bind(value) for value in values]
    return [bound[value] for value in values]


def _written(value: Any) -> Any:
    """A time as text: psycopg would write it anew for each row, which takes longer than all else of a row."""
    return str(value) if isinstance(value, datetime) else value
