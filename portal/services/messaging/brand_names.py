"""What the brands of a provider are called in replies."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select

from portal.core.extensions import db
from portal.core.models import Brand


def brands_of_provider(provider_id: int, *conditions: ColumnElement[bool]) -> Sequence[Brand]:
    theirs = select(Brand).where(Brand.provider_id == provider_id, Brand.has_not_ended(), *conditions)
    return db.session.scalars(theirs.order_by(Brand.id)).all()


def names_of(brand: Brand) -> list[str]:
    """Those that the operator has seen, also while others wait."""
    return [each for each in (brand.keyword, brand.header, brand.name) if each]


def all_names_of(brand: Brand) -> list[str]:
    """Former ones as well: earlier messages named them."""
    return names_of(brand) + brand.former_names.splitlines()
