"""The operator's own people: what they are, and for whom support answers. At least one admin always stays."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.core.models import Assignment, OperatorRole, Provider, User
from portal.core.models.ids import new_id
from portal.core.models.upsert import insert_missing


class OwnRole(ValueError):
    """Nobody changes what they are themselves."""


class LastAdmin(ValueError):
    """Without an admin nobody could bring another one in."""


class NotSupport(ValueError):
    """Admins answer for all providers; only support is assigned."""


def list_staff(session: Session) -> list[User]:
    """Everybody of the operator, by name."""
    theirs = select(User).where(User.operator_role.is_not(None), User.closed_at.is_(None))
    return list(session.scalars(theirs.order_by(User.name, User.id)))


def change_role(session: Session, user: User, role: OperatorRole, *, by: int) -> None:
    """Make somebody of the operator something else. Raises Oneself, LastAdmin."""
    if user.id == by:
        raise OwnRole
    if user.operator_role == OperatorRole.ADMIN and role != OperatorRole.ADMIN:
        _keep_another_admin(session, user)
    user.operator_role = role
    if role == OperatorRole.ADMIN:
        _forget_assignments(session, user)
    session.flush()


def remove(session: Session, user: User, *, by: int) -> None:
    """Let somebody be of the operator no more; what they are at providers stays. Raises Oneself, LastAdmin."""
    if user.id == by:
        raise OwnRole
    if user.operator_role == OperatorRole.ADMIN:
        _keep_another_admin(session, user)
    user.operator_role = None
    _forget_assignments(session, user)
    session.flush()


def assign(session: Session, user: User, provider: Provider, at: datetime) -> None:
    """Let support answer for a provider. A second time changes nothing. Raises NotSupport."""
    if user.operator_role != OperatorRole.SUPPORT:
        raise NotSupport
    row = {"id": new_id(), "user_id": user.id, "provider_id": provider.id, "created_at": at}
    insert_missing(session, Assignment, [row])


def unassign(session: Session, user_id: int, provider_id: int) -> bool:
    """End it; whether there was one."""
    mine = delete(Assignment).where(Assignment.user_id == user_id, Assignment.provider_id == provider_id)
    return session.execute(mine).rowcount == 1


def list_assignments(session: Session) -> dict[int, list[Provider]]:
    """The providers of each of support, by title."""
    found: dict[int, list[Provider]] = {}
    rows = select(Assignment.user_id, Provider).join(Provider, Provider.id == Assignment.provider_id)
    for user_id, provider in session.execute(rows.order_by(Provider.title)):
        found.setdefault(user_id, []).append(provider)
    return found


def _keep_another_admin(session: Session, but: User) -> None:
    """Their rows are held: two admins who change each other at one moment do not leave none."""
    admins = select(User.id).where(User.operator_role == OperatorRole.ADMIN, User.closed_at.is_(None))
    if not set(session.scalars(admins.order_by(User.id).with_for_update())) - {but.id}:
        raise LastAdmin


def _forget_assignments(session: Session, user: User) -> None:
    session.execute(delete(Assignment).where(Assignment.user_id == user.id))
