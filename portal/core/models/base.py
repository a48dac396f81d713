"""The declarative base, and the column types and mixins that models share."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    or_,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, mapped_column
from sqlalchemy.types import TypeDecorator

from portal.core.models.ids import new_id


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes, stored in UTC without a zone, to the microsecond. A naive one raises ValueError."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A datetime needs its time zone.")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None else None


BigId = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    __table__: ClassVar[Table]
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime(), bytes: LargeBinary, int: BigId}


PrimaryKey = Annotated[int, mapped_column(BigId, primary_key=True, default=new_id, autoincrement=False)]


def enum_type(values: type[StrEnum], name: str) -> Enum:
    """A column type for a StrEnum, stored by value and enforced by a CHECK constraint."""
    return Enum(
        values, native_enum=False, length=20, values_callable=lambda members: [each.value for each in members],
        create_constraint=True, name=name,
    )  # fmt: skip


def foreign_key(column: str, **options: Any) -> MappedColumn[Any]:
    """A foreign key column, indexed unless `index=False`: most lists are read along one."""
    return mapped_column(BigId, ForeignKey(column), index=options.pop("index", True), **options)


class BlindIndexed:
    """Blind indexes of an encrypted address (Vault.indexes), for odd and even key generations. Both are written while
    keys rotate, otherwise one of them is null."""

    index_odd: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    index_even: Mapped[bytes | None] = mapped_column(LargeBinary(32))

    @classmethod
    def has_index(cls, indexes: dict[str, bytes]) -> ColumnElement[bool]:
        """The condition that one of the indexes matches. Both must be asked, or a rotation creates duplicate rows."""
        return or_(*(getattr(cls, column) == value for column, value in indexes.items()))
