"""What every table shares: names of constraints, ids, aware times and words stored as İYS spells them."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from sqlalchemy import BigInteger, ColumnElement, DateTime, Enum, ForeignKey, Integer, LargeBinary, MetaData, Table, or_
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from portal.core.models.ids import new_id


class UtcDateTime(TypeDecorator):
    """Aware datetimes, kept in UTC without a zone, to the microsecond, alike on SQLite and PostgreSQL."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect):
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a zone says nothing.")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect):
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
    type_annotation_map = {datetime: UtcDateTime(), bytes: LargeBinary, int: BigId}


PrimaryKey = Annotated[int, mapped_column(BigId, primary_key=True, default=new_id, autoincrement=False)]


def enum_type(words: type[StrEnum], name: str) -> Enum:
    """A column of one word out of a StrEnum, stored as its value and checked by the database."""
    return Enum(
        words, native_enum=False, length=20, values_callable=lambda them: [each.value for each in them],
        create_constraint=True, name=name,
    )  # fmt: skip


def foreign_key(column: str, **options):
    """A foreign key that is indexed, since most lists are read along one."""
    return mapped_column(BigId, ForeignKey(column), index=options.pop("index", True), **options)


class BlindIndexed:
    """Found by a blind index of its address: a column per key generation, odd and even, both written while rotating."""

    index_odd: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    index_even: Mapped[bytes | None] = mapped_column(LargeBinary(32))

    @classmethod
    def has_index(cls, indexes: dict[str, bytes]) -> ColumnElement[bool]:
        """The condition that one of the indexes (Vault.indexes) fits; both are asked, or a rotation makes twins."""
        return or_(*(getattr(cls, column) == value for column, value in indexes.items()))
