"""The declarative base, and the column types and mixins that models share."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, ClassVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    or_,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, declared_attr, mapped_column
from sqlalchemy.types import TypeDecorator

from portal.core.ids import new_id


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

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        return self._text_of_sqlite if dialect.name == "sqlite" else super().bind_processor(dialect)

    @staticmethod
    @lru_cache(maxsize=64)  # A decision writes the same few moments thirty times.
    def _text_of_sqlite(value: datetime | None) -> str | None:
        """What SQLAlchemy writes there, in half its time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A datetime needs its time zone.")
        return value.astimezone(UTC).isoformat(" ", "microseconds").removesuffix("+00:00")


class TransactionId(TypeDecorator[str]):
    """İYS's id of a transaction: 64 hexadecimal digits as their 32 bytes. Any other text is UTF-8, filled up with NULs,
    of which it has none, so that it is longer."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        is_packed = len(value) == 2 * PACKED_BYTES and DIGITS.fullmatch(value)
        return bytes.fromhex(value) if is_packed else value.encode().ljust(PACKED_BYTES + 1, b"\0")

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return value.hex() if len(value) == PACKED_BYTES else value.rstrip(b"\0").decode()


PACKED_BYTES = 32  # Of a transaction id.
DIGITS = re.compile("[0-9a-f]+")
BigId = BigInteger().with_variant(Integer, "sqlite")
# Of any StrEnum, with a CHECK constraint.
EnumByValue = Enum(
    StrEnum, native_enum=False, length=20, values_callable=lambda members: [each.value for each in members],
    create_constraint=True,
)  # fmt: skip


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
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        bytes: LargeBinary,
        int: BigId,
        StrEnum: EnumByValue,
    }

    @declared_attr.directive
    def __tablename__(cls) -> str:
        """The class's name in snake case."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


PrimaryKey = Annotated[int, mapped_column(BigId, primary_key=True, default=new_id, autoincrement=False)]


class Entity(Base):
    """A table with an id of its own."""

    __abstract__ = True

    id: Mapped[PrimaryKey]


def foreign_key(column: str, **options: Any) -> MappedColumn[Any]:
    """A foreign key column, indexed unless `index=False`: most lists are read along one."""
    return mapped_column(BigId, ForeignKey(column), index=options.pop("index", True), **options)


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


class BlindIndexed:
    """Blind indexes of an encrypted address (Vault.indexes), for odd and even key generations. Both are written while
    keys rotate, otherwise one of them is null."""

    index_odd: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    index_even: Mapped[bytes | None] = mapped_column(LargeBinary(32))

    @classmethod
    def has_index(cls, indexes: dict[str, bytes]) -> ColumnElement[bool]:
        """The condition that one of the indexes matches. Both must be asked, or a rotation creates duplicate rows."""
        return or_(*(getattr(cls, column) == value for column, value in indexes.items()))


class NodeCounter(Base):
    """The counter from which each process claims its node number for row ids (ids.py); up to which row a table was read
    (domain/consents/mailboxes.py: "mb." and "ra.", with the rule by which it was); the last event's number
    (domain/events/sequencer.py); and when a backup was restored (restores.py)."""

    name: Mapped[str] = mapped_column(String(10), primary_key=True)
    next: Mapped[int]
