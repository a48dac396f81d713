"""Rows that many tests begin with, made by the product once per process and then copied: a launched campaign takes it
some fifty statements, which is more than most tests do with it."""

import itertools
import os
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple, TypeVar

from flask import current_app
from sqlalchemy import Insert, Table, TextClause, insert, select, text

import shortlinks
from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Base, RowTally
from tests import databases

Made = TypeVar("Made")


class Snapshot(NamedTuple):
    """Every row of a database, what the making of them returned, and when it had ended."""

    made: Any
    rows: list[tuple[Insert, list[dict]]]
    at: datetime


_snapshots: dict[Hashable, Snapshot] = {}


def made_once(key: Hashable, make: Callable[[], Made]) -> Made:
    """What `make` returns, with its rows in the database as if it had just ended. It must commit, and return no rows,
    which are another session's. It is called where the database is not empty, and once for each key, day, kind of clock
    (one that stands still makes equal times) and state of the app's settings but addresses of servers."""
    if db.session().in_transaction() or _is_anything_there():
        return make()
    now = clock.now()
    is_still = all(clock.now() == now for _ in range(20))
    settings = sorted((name, repr(value)) for name, value in current_app.config.items() if not name.endswith("URL"))
    key = key, os.getpid(), clock.day(now), is_still, tuple(settings)  # bin/mutation forks with changed code.
    if key in _snapshots:
        _write(_snapshots[key])
    else:
        _snapshots[key] = Snapshot(make(), _read(), clock.now())
    return _snapshots[key].made


@cache
def _tables() -> list[Table]:
    """All that no migration fills, nor on SQLite a trigger from copied rows."""
    every = itertools.chain(Base.metadata.sorted_tables, shortlinks.Base.metadata.sorted_tables)
    filled = databases.FILLED if databases.SERVER else {*databases.FILLED, RowTally.__tablename__}
    return [table for table in every if table.name not in filled]


@cache
def _any_row() -> TextClause:
    return text("SELECT " + " OR ".join(f"EXISTS (SELECT 1 FROM {table.name})" for table in _tables()))


def _is_anything_there() -> bool:
    found = db.session.scalar(_any_row())
    db.session.rollback()
    return bool(found)


def _read() -> list[tuple[Insert, list[dict]]]:
    read = [(table, [dict(row) for row in db.session.execute(select(table)).mappings()]) for table in _tables()]
    db.session.rollback()
    return [(insert(table), rows) for table, rows in read if rows]


def _write(snapshot: Snapshot) -> None:
    passed = clock.now() - snapshot.at
    connection = db.session.connection()
    if databases.SERVER:  # What triggers write is among the rows.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
    for statement, rows in snapshot.rows:
        connection.execute(statement, [{name: _later(value, passed) for name, value in row.items()} for row in rows])
    db.session.commit()


def _later(value: Any, passed: timedelta) -> Any:
    return value + passed if isinstance(value, datetime) else value
