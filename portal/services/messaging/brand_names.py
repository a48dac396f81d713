"""What the brands of a provider are called in replies."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, exists, or_, select

from portal.core.extensions import db
from portal.core.models import Brand, Provider


def brands_of_provider(provider_id: int, *conditions: ColumnElement[bool]) -> Sequence[Brand]:
    """Those that may be refused: before an admission also a closed trial brand, whose refusals are repeated then."""
    is_before = exists().where(Provider.id == provider_id, Provider.admitted_at.is_(None))
    may_be_meant = or_(Brand.has_not_ended(), is_before)
    theirs = select(Brand).where(Brand.provider_id == provider_id, may_be_meant, *conditions)
    return db.session.scalars(theirs.order_by(Brand.id)).all()


def names_of(brand: Brand) -> list[str]:
    """Those that the operator has seen, also while others wait."""
    return [each for each in (brand.keyword, brand.header, brand.name) if each]


def all_names_of(brand: Brand) -> list[str]:
    """Former ones as well: earlier messages named them."""
    return names_of(brand) + brand.former_names.splitlines()
