"""Helpers to define the frozen tables, independent of the models.

A column whose name ends in "?" may be null, one that ends in "*" belongs to the primary key. Uniques and indexes are
named by their columns: "brand_id day".
"""

from collections.abc import Sequence
from functools import partial
from itertools import chain
from typing import Any

import sqlalchemy as sa

METADATA = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

Items = Sequence[sa.schema.SchemaItem]


def table(name: str, *parts: Items) -> None:
    """Define a table, with a primary key `id` unless other columns are marked as its key."""
    items = list(chain.from_iterable(parts))
    has_key = any(isinstance(item, sa.Column) and item.primary_key for item in items)
    sa.Table(name, METADATA, *([] if has_key else ids("id*")), *items)


def column(name: str, type_: sa.types.TypeEngine[Any], *parts: sa.schema.SchemaItem, **options: Any) -> sa.Column[Any]:
    nullable, in_key = name.endswith("?"), name.endswith("*")
    options = {"autoincrement": False} | options
    return sa.Column(name.rstrip("?*"), type_, *parts, nullable=nullable, primary_key=in_key, **options)


def columns(type_: sa.types.TypeEngine[Any], *names: str) -> Items:
    return [column(name, type_) for name in names]


ids = partial(columns, BIG)
integers = partial(columns, sa.Integer())
flags = partial(columns, sa.Boolean())
times = partial(columns, sa.DateTime())  # UTC, without a zone.
dates = partial(columns, sa.Date())
texts = partial(columns, sa.Text())
blobs = partial(columns, sa.LargeBinary())
digests = partial(columns, sa.LargeBinary(32))
jsons = partial(columns, sa.JSON())


def strings(length: int, *names: str) -> Items:
    return columns(sa.String(length), *names)


def enum(name: str, values: str) -> Items:
    """A string column with a CHECK for its values, which are separated by spaces."""
    own = name.rstrip("?*")
    return columns(sa.Enum(*values.split(), name=own, native_enum=False, create_constraint=True, length=20), name)


def references(*tables: str, **others: str) -> Items:
    """Foreign keys: "brand?" is brand_id, which may be null; list_id="audience_list" names the column, too."""
    found = []
    for name, marked in [("", table) for table in tables] + list(others.items()):
        target = marked.rstrip("?*")
        mark = marked[len(target) :]
        found.append(column((name or f"{target}_id") + mark, BIG, sa.ForeignKey(f"{target}.id")))
    return found


def uniques(*keys: str) -> Items:
    return [sa.UniqueConstraint(*key.split()) for key in keys]


def indexes(*keys: str) -> Items:
    return [sa.Index(None, *key.split()) for key in keys]


def index(name: str, *columns: str, where: str | None = None, unique: bool = False) -> Items:
    """An index with a name of its own; a partial one with `where`."""
    condition = sa.text(where) if where else None
    return [sa.Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)]
