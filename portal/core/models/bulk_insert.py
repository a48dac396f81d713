"""Many complete rows at once, by the driver's own way: executemany on SQLite, COPY on PostgreSQL.

Values go through the columns' own types, as everywhere else; what is left out of that road is the ORM, and statements
that are compiled for each list.
"""

from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import Column, LargeBinary, insert
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

from portal.core.models.upsert import insert_missing

FEW = 100  # Up to so many rows, COPY is not worth it; and in a pipeline PostgreSQL takes none.

Bind = Callable[[object], object]


def insert_rows(session: Session, model: type, rows: Sequence[dict]) -> None:
    """Insert rows that all name the same columns; what the database refuses is raised."""
    if not rows:
        return
    session.flush()  # They may speak of rows that the session has yet to write.
    connection = session.connection()
    if connection.dialect.name == "postgresql" and len(rows) <= FEW:
        connection.execute(insert(model.__table__), rows)
        return
    columns = [model.__table__.c[name] for name in rows[0]]
    names = ", ".join(f'"{column.name}"' for column in columns)
    values = _values(columns, rows, connection.dialect)
    if connection.dialect.name == "postgresql":
        copied = f'COPY "{model.__tablename__}" ({names}) FROM STDIN'
        with connection.connection.driver_connection.cursor() as cursor, cursor.copy(copied) as copy:
            for row in values:
                copy.write_row(row)
    else:
        connection.exec_driver_sql(_insert(model, columns), list(values))


def insert_missing_rows(session: Session, model: type, rows: Sequence[dict]) -> int:
    """The same, passing by rows that some unique constraint already knows; how many were new."""
    connection = session.connection()
    if not rows or connection.dialect.name == "postgresql":
        return insert_missing(session, model, rows)
    columns = [model.__table__.c[name] for name in rows[0]]
    statement = f"{_insert(model, columns)} ON CONFLICT DO NOTHING"
    return connection.exec_driver_sql(statement, list(_values(columns, rows, connection.dialect))).rowcount


def _insert(model: type, columns: list[Column]) -> str:
    names, marks = ", ".join(f'"{column.name}"' for column in columns), ", ".join("?" * len(columns))
    return f'INSERT INTO "{model.__tablename__}" ({names}) VALUES ({marks})'  # nosec B608


def _values(columns: list[Column], rows: Sequence[dict], dialect: Dialect) -> Iterator[tuple]:
    """Column by column, as the driver takes them."""
    return zip(*(_column(column, rows, dialect) for column in columns), strict=True)


def _column(column: Column, rows: Sequence[dict], dialect: Dialect) -> list:
    values = [row[column.name] for row in rows]
    bind = column.type.dialect_impl(dialect).bind_processor(dialect)
    if bind is None or isinstance(column.type, LargeBinary):  # Drivers take bytes as they are.
        return values
    spelled = {value: bind(value) for value in set(values)}  # Words and moments come again and again.
    return [spelled[value] for value in values]
