"""Upserts for SQLite and PostgreSQL. Of two processes that insert the same row, the first one wins."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.core.database import changed_rows
from portal.core.models.base import Base

Insert = sqlite.Insert | postgresql.Insert


def insert_missing(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows that violate no unique constraint (ON CONFLICT DO NOTHING); return how many."""
    if not rows:
        return 0
    missing = _insert(session, model).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    return changed_rows(session, missing, rows)


def insert_or_add(session: Session, model: type[Base], row: Mapping[str, Any], *, sums: tuple[str, ...]) -> Insert:
    """The statement that inserts a row, or adds its columns `sums` to the row with the same primary key."""
    insert = _insert(session, model).values(row)
    added = {name: model.__table__.c[name] + insert.excluded[name] for name in sums}
    return insert.on_conflict_do_update(index_elements=list(model.__table__.primary_key), set_=added)


def _insert(session: Session, model: type[Base]) -> Insert:
    if session.get_bind(model).dialect.name == "sqlite":
        return sqlite.insert(model.__table__)
    return postgresql.insert(model.__table__)
