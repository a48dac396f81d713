"""Many complete rows at once, by the driver's own way: executemany on SQLite, COPY on PostgreSQL.

Values go through the columns' own types, as everywhere else; what is left out of that road is the ORM, and statements
that are compiled for each list.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Column
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

Bind = Callable[[object], object]


def load(session: Session, model: type, rows: Sequence[dict]) -> None:
    """Insert rows that all name the same columns; what the database refuses is raised."""
    if not rows:
        return
    session.flush()
    connection = session.connection()
    columns = [model.__table__.c[name] for name in rows[0]]
    names = ", ".join(f'"{column.name}"' for column in columns)
    values = _values(columns, rows, connection.dialect)
    if connection.dialect.name == "postgresql":
        copied = f'COPY "{model.__tablename__}" ({names}) FROM STDIN'
        with connection.connection.driver_connection.cursor() as cursor, cursor.copy(copied) as copy:
            for row in values:
                copy.write_row(row)
    else:
        marks = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f'INSERT INTO "{model.__tablename__}" ({names}) VALUES ({marks})', list(values))


def _values(columns: list[Column], rows: Sequence[dict], dialect: Dialect) -> Iterator[tuple]:
    """Column by column, as the driver takes them."""
    return zip(*(_column(column, rows, dialect) for column in columns), strict=True)


def _column(column: Column, rows: Sequence[dict], dialect: Dialect) -> list:
    values = [row[column.name] for row in rows]
    bind = column.type.dialect_impl(dialect).bind_processor(dialect)
    if bind is None:
        return values
    if isinstance(values[0], datetime) or column.type.python_type is datetime:  # The same moments again and again.
        spelled = {value: bind(value) for value in set(values)}
        return [spelled[value] for value in values]
    return [bind(value) for value in values]
