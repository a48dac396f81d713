"""Audit entries in the name of the signed-in person."""

from typing import Any

from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db
from portal.domain import audit


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
