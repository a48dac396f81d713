"""Yearly packages by number of addresses, and the orders that the operator confirms."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base, BigId, PrimaryKey, enum_type, foreign_key


class OrderKind(StrEnum):
    FIRST = "first"
    RENEWAL = "renewal"
    UPGRADE = "upgrade"


class Package(Base):
    """An item of the price list. A withdrawn one stays valid for those who have it."""

    __tablename__ = "package"

    id: Mapped[PrimaryKey]
    name: Mapped[str] = mapped_column(String(60), unique=True)
    records: Mapped[int] = mapped_column(Integer)  # Addresses included.
    price: Mapped[int] = mapped_column(Integer)  # TRY a year, before tax.
    withdrawn_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class PackageOrder(Base):
    """An order of a package; records and price are those at that time."""

    __tablename__ = "package_order"

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id")
    package_id: Mapped[int] = foreign_key("package.id")
    kind: Mapped[OrderKind] = mapped_column(enum_type(OrderKind, "kind"))
    records: Mapped[int] = mapped_column(Integer)
    price: Mapped[int] = mapped_column(Integer)
    ordered_by: Mapped[int] = mapped_column(BigId)
    ordered_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(BigId)
    note: Mapped[str | None] = mapped_column(String(500))
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]  # Inclusive.
