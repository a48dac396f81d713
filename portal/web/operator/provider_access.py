"""Providers that a person of the operator may see: all for an admin, the assigned ones for support."""

from flask import abort
from flask_login import current_user
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.core.models import Assignment, OperatorRole, Provider


def visible_providers() -> Select:
    if current_user.user.operator_role == OperatorRole.ADMIN:
        return select(Provider)
    assigned = select(Assignment.provider_id).where(Assignment.user_id == current_user.id)
    return select(Provider).where(Provider.id.in_(assigned))


def visible_provider_or_404(session: Session, provider_id: int) -> Provider:
    found = session.scalar(visible_providers().where(Provider.id == provider_id))
    if found is None:
        abort(404)
    return found
