"""Helpers to define the frozen tables, independent of the models."""

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
BYTES = sa.LargeBinary()
DATETIME = sa.DateTime()  # UTC, without a zone.


def table(name: str, *parts: sa.schema.SchemaItem) -> sa.Table:
    return sa.Table(name, METADATA, *parts)


def column(
    name: str,
    type_: sa.types.TypeEngine[Any],
    *,
    to: str | None = None,
    key: bool = False,
    null: bool = False,
    default: str | None = None,
    generated: bool = False,
) -> sa.Column[Any]:
    """A column, NOT NULL unless `null`; `to` is the column that it references, `generated` a serial id."""
    references = [sa.ForeignKey(to)] if to else []
    return sa.Column(
        name, type_, *references, primary_key=key, nullable=null, server_default=default, autoincrement=generated
    )


def enum_column(name: str, values: str, **options: Any) -> sa.Column[Any]:
    """A string column with a CHECK for its values, which are separated by spaces."""
    type_ = sa.Enum(*values.split(), name=name, native_enum=False, create_constraint=True, length=20)
    return column(name, type_, **options)


def partial_index(
    name: str, *columns: str, where: str, postgresql_where: str | None = None, unique: bool = False
) -> sa.Index:
    return sa.Index(
        name, *columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(postgresql_where or where)
    )
