"""Inserts past the ORM: upserts (of two processes that insert the same row, the first one wins), and bulk inserts by
executemany on SQLite and COPY on PostgreSQL, whose values go through the columns' types."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, LargeBinary, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

from portal.core.database import changed_rows
from portal.core.models.base import Base

COPY_FROM = 100  # Rows. Below, COPY is not worth it, and psycopg allows none in a pipeline.
Rows = Sequence[Mapping[str, Any]]
Insert = sqlite.Insert | postgresql.Insert


def insert_missing(session: Session, model: type[Base], rows: Rows) -> int:
    """Insert the rows that violate no unique constraint (ON CONFLICT DO NOTHING); return how many."""
    if not rows:
        return 0
    missing = _dialect_insert(session, model).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    return changed_rows(session, missing, rows)


def insert_or_add(session: Session, model: type[Base], row: Mapping[str, Any], *, sums: tuple[str, ...]) -> Insert:
    """The statement that inserts a row, or adds its columns `sums` to the row with the same primary key."""
    insert = _dialect_insert(session, model).values(row)
    added = {name: model.__table__.c[name] + insert.excluded[name] for name in sums}
    return insert.on_conflict_do_update(index_elements=list(model.__table__.primary_key), set_=added)


def insert_rows(session: Session, model: type[Base], rows: Rows) -> None:
    """Insert rows that all have the same keys. Raises IntegrityError."""
    if not rows:
        return
    session.flush()  # The rows may refer to rows that are pending in the session.
    connection = session.connection()
    if connection.dialect.name == "postgresql" and len(rows) <= COPY_FROM:
        connection.execute(insert(model.__table__), rows)
        return
    columns = [model.__table__.c[name] for name in rows[0]]
    names = ", ".join(f'"{column.name}"' for column in columns)
    values = _values(columns, rows, connection.dialect)
    if connection.dialect.name == "postgresql":
        copied = f'COPY "{model.__tablename__}" ({names}) FROM STDIN'
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(copied) as copy:
            for row in values:
                copy.write_row(row)
    else:
        connection.exec_driver_sql(_insert_sql(model, columns), list(values))


def insert_missing_rows(session: Session, model: type[Base], rows: Rows) -> int:
    """The same for the rows that violate no unique constraint; return how many were new."""
    connection = session.connection()
    if not rows or connection.dialect.name == "postgresql":
        return insert_missing(session, model, rows)
    columns = [model.__table__.c[name] for name in rows[0]]
    statement = f"{_insert_sql(model, columns)} ON CONFLICT DO NOTHING"
    return connection.exec_driver_sql(statement, list(_values(columns, rows, connection.dialect))).rowcount


def _dialect_insert(session: Session, model: type[Base]) -> Insert:
    if session.get_bind(model).dialect.name == "sqlite":
        return sqlite.insert(model.__table__)
    return postgresql.insert(model.__table__)


def _insert_sql(model: type[Base], columns: list[Column[Any]]) -> str:
    names, marks = ", ".join(f'"{column.name}"' for column in columns), ", ".join("?" * len(columns))
    return f'INSERT INTO "{model.__tablename__}" ({names}) VALUES ({marks})'  # nosec B608


def _values(columns: list[Column[Any]], rows: Rows, dialect: Dialect) -> Iterator[tuple[Any, ...]]:
    return zip(*(_column(column, rows, dialect) for column in columns), strict=True)


def _column(column: Column[Any], rows: Rows, dialect: Dialect) -> list[Any]:
    values = [row[column.name] for row in rows]
    bind = column.type.dialect_impl(dialect).bind_processor(dialect)
    if bind is None or isinstance(column.type, LargeBinary):  # Drivers take bytes as they are.
        return values
    bound = {value: bind(value) for value in set(values)}  # Enum values and times repeat a lot.
    return [bound[value] for value in values]
