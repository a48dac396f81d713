"""Leases on rows: a worker claims a row for a while, so that nobody else works on it and a killed worker's row is free
again by itself.

A row whose `lease_until` lies in the future belongs to the worker that wrote exactly that time. A claim is one UPDATE
that succeeds only while the row is still free. Each later write of the worker names the lease it holds, so it changes
nothing once the lease has passed to somebody else. All functions are part of the caller's transaction.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Row, and_, or_, select, update
from sqlalchemy.orm import Session


class LeaseLost(Exception):
    """The lease ran out or was taken away: somebody else may have the row."""


class LeasedTable(Protocol):
    """A model whose rows are claimed by lease."""

    id: Any  # Mapped[int]; mypy takes no descriptors in a protocol.
    lease_until: Any  # Mapped[datetime | None]


class QueueTable(LeasedTable, Protocol):
    """A model whose rows are claimed when they are due; `due_at` is None once nothing is left to do."""

    due_at: Any  # Mapped[datetime | None]


class LeasedRow(Protocol):
    """A claimed row as its worker knows it."""

    @property
    def id(self) -> int: ...
    @property
    def lease_until(self) -> datetime | None: ...


def is_free(model: type[LeasedTable], at: datetime) -> ColumnElement[bool]:
    """The condition that nobody holds a row."""
    return or_(model.lease_until.is_(None), model.lease_until <= at)


def is_due(model: type[QueueTable], at: datetime) -> ColumnElement[bool]:
    """The condition that a row is due and nobody holds it."""
    return and_(model.due_at <= at, is_free(model, at))


def is_any_due(session: Session, model: type[QueueTable], at: datetime) -> bool:
    """Whether any row is due: asked by a reader, before a write lock is taken."""
    return session.scalar(select(model.id).where(is_due(model, at)).limit(1)) is not None


def backoff(attempts: int, first: timedelta, longest: timedelta) -> timedelta:
    """The pause after so many attempts: doubled each time, with jitter."""
    doubled: timedelta = first * 2 ** min(attempts - 1, 20)
    return min(doubled, longest) * (0.75 + random.random() / 2)


def claim(
    session: Session, model: type[LeasedTable], *conditions: ColumnElement[bool], at: datetime, lease: timedelta,
    returning: Sequence[Any] | None = None, **values: object,
) -> Sequence[Row[*tuple[Any, ...]]]:  # fmt: skip
    """Lease the rows that meet the conditions and are still free, and write `values` with it.

    Back come the columns `returning` (the id, if not given) of the rows that are ours now, as they are after the claim.
    """
    free = update(model).where(*conditions, is_free(model, at))
    leased = free.values(lease_until=at + lease, **values).returning(*(returning or [model.id]))
    return session.execute(leased.execution_options(synchronize_session=False)).all()


def write(
    session: Session, model: type[LeasedTable], leased: Sequence[LeasedRow], *conditions: ColumnElement[bool],
    **values: object,
) -> set[int]:  # fmt: skip
    """Write to claimed rows; the ids of those that were still ours and met the conditions."""
    if not leased:
        return set()
    by_end: dict[datetime | None, list[int]] = defaultdict(list)  # Of None no row is ours.
    for each in leased:
        by_end[each.lease_until].append(each.id)
    is_ours = or_(*(and_(model.id.in_(ids), model.lease_until.in_([end])) for end, ids in by_end.items()))
    mine = update(model).where(is_ours, *conditions)
    written = mine.values(values).returning(model.id).execution_options(synchronize_session=False)
    return set(session.scalars(written))


def renew(
    session: Session, model: type[LeasedTable], leased: LeasedRow, *conditions: ColumnElement[bool], at: datetime,
    lease: timedelta, **values: object,
) -> datetime:  # fmt: skip
    """Hold a row for a full lease again; the new end. Raises LeaseLost."""
    if not write(session, model, [leased], *conditions, lease_until=at + lease, **values):
        raise LeaseLost
    return at + lease


def release(
    session: Session, model: type[LeasedTable], leased: Sequence[LeasedRow], *conditions: ColumnElement[bool],
    **values: object,
) -> set[int]:  # fmt: skip
    """Write what came of claimed rows and let them go; the ids of those that were still ours."""
    return write(session, model, leased, *conditions, lease_until=None, **values)
