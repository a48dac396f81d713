"""The signed-in person's provider, and rows of it."""

from collections.abc import Sequence
from typing import TypeVar

from flask import abort
from flask_login import current_user
from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.interfaces import ORMOption

from portal.core.extensions import db, read_session
from portal.core.models import Brand, Provider

Model = TypeVar("Model")


def current_provider() -> Provider:
    """The signed-in person's provider in the writing session."""
    return db.session.get_one(Provider, current_user.provider_id)


def lock_provider() -> Provider:
    """The same, locked: the operator neither reviews nor admits it meanwhile."""
    return db.session.get_one(Provider, current_user.provider_id, with_for_update=True, populate_existing=True)


def own_row_or_404(session: Session, model: type[Model], row_id: int, options: Sequence[ORMOption] = ()) -> Model:
    """A row of the signed-in person's provider; another provider's is as unknown as one that does not exist."""
    row = session.get(model, row_id, options=options)
    if row is None or row.provider_id != current_user.provider_id:  # type: ignore[attr-defined]  # Each model has it.
        abort(404)
    return row


def own_brands() -> list[Brand]:
    """The brands of the signed-in person's provider, closed ones last."""
    return list(read_session().scalars(select_own_brands()))


def select_own_brands() -> Select[Brand]:
    theirs = select(Brand).where(Brand.provider_id == current_user.provider_id)
    return theirs.order_by(Brand.closed_at.is_not(None), Brand.name, Brand.id)
