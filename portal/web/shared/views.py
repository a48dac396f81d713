"""What views of signed-in people share: the permission that they need, rows of their provider, audit entries in their
name, rate-limit keys, and the end of a posted form."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask import abort, flash, redirect
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.interfaces import ORMOption

from portal.core import clock
from portal.core.extensions import db, read_session, wake
from portal.core.models import Brand, Provider
from portal.domain import audit
from portal.domain.identity.permissions import Permission

Row = TypeVar("Row")
View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


def needs(permission: Permission, *, fresh: bool = False) -> Callable[[View], View]:
    """Decorator: the permission a view needs. With `fresh`, a factor must have been shown a moment ago (step-up)."""

    def mark(view: View) -> View:
        view.needs = permission  # type: ignore[attr-defined]  # Decorators around it copy the attributes.
        view.needs_fresh = fresh  # type: ignore[attr-defined]  # As above.
        return view

    return mark


def record_audit(act: str, subject: str, subject_id: int, **facts: Any) -> None:
    """Add an audit entry of the signed-in person, at the provider they work for, to this transaction."""
    record_operator_audit(act, subject, subject_id, provider_id=current_user.provider_id, **facts)


def record_operator_audit(
    act: str, subject: str, subject_id: int, *, provider_id: int | None = None, **facts: Any
) -> None:
    """The same for the operator's people, about any provider or none."""
    audit.note(
        db.session, act, subject, subject_id, provider_id=provider_id, at=clock.now(), user_id=current_user.id,
        sign_in_id=current_user.sign_in.id, facts=facts,
    )  # fmt: skip


def current_provider() -> Provider:
    """The signed-in person's provider in the writing session."""
    return db.session.get_one(Provider, current_user.provider_id)


def lock_provider() -> Provider:
    """The same, locked: the operator neither reviews nor admits it meanwhile."""
    return db.session.get_one(Provider, current_user.provider_id, with_for_update=True, populate_existing=True)


def own_row_or_404(session: Session, model: type[Row], row_id: int, options: Sequence[ORMOption] = ()) -> Row:
    """A row of the signed-in person's provider; another provider's is as unknown as one that does not exist."""
    row = session.get(model, row_id, options=options)
    if row is None or row.provider_id != current_user.provider_id:  # type: ignore[attr-defined]  # Each model has it.
        abort(404)
    return row


def own_brands() -> list[Brand]:
    """The brands of the signed-in person's provider, closed ones last."""
    brands = select(Brand).where(Brand.provider_id == current_user.provider_id)
    return list(read_session().scalars(brands.order_by(Brand.closed_at.is_not(None), Brand.name)))


def provider_key() -> str:
    """Rate-limit key: the provider. Whoever has not signed in is stopped by the access rule."""
    return str(getattr(current_user, "provider_id", "nobody"))


def person_key() -> str:
    """Rate-limit key: the person."""
    return str(getattr(current_user, "id", "nobody"))


def commit_and_redirect(url: str, message: str, *, wakes: str = "") -> ResponseReturnValue:
    """Commit, wake the task queue for what was written (`wakes`: a name of `wake`), and redirect."""
    db.session.commit()
    if wakes:
        wake(wakes)
    flash(message)
    return redirect(url, 303)


def rollback_and_redirect(url: str, message: str) -> ResponseReturnValue:
    db.session.rollback()
    flash(str(message))  # The session keeps no lazy text.
    return redirect(url, 303)
