"""Insert what is not there yet: two processes may bring the same address, and the first one wins."""

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_missing(session: Session, model, rows: list[dict]) -> int:
    """Insert the rows, passing by those that some unique constraint already knows; how many were new."""
    if not rows:
        return 0
    insert = INSERT[session.get_bind(model).dialect.name]
    missing = insert(model.__table__).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    return session.execute(missing, rows).rowcount


def insert_or_add(session: Session, model, row: dict, *, sums: tuple[str, ...]):
    """The statement that inserts a row, or adds its `sums` to the one that stands there with the same primary key."""
    insert = INSERT[session.get_bind(model).dialect.name](model.__table__).values(row)
    table = model.__table__.c
    added = {name: table[name] + insert.excluded[name] for name in sums}
    return insert.on_conflict_do_update(index_elements=list(model.__table__.primary_key), set_=added)
