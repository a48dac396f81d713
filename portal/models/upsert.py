"""Insert what is not there yet: two processes may bring the same address, and the first one wins."""

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_missing(session: Session, model, rows: list[dict]) -> None:
    """Insert the rows, passing by those that some unique constraint already knows."""
    if rows:
        insert = INSERT[session.get_bind(model).dialect.name]
        session.execute(insert(model.__table__).on_conflict_do_nothing(), rows)
