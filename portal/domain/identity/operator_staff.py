"""The operator's staff: roles, and the providers assigned to support. At least one admin always stays."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.core.database import changed_rows
from portal.core.ids import new_id
from portal.core.models import Assignment, OperatorRole, Provider, User
from portal.core.models.inserts import insert_missing
from portal.core.vault import Vault
from portal.domain.identity import members


class OwnRole(ValueError):
    """Nobody changes their own role."""


class LastAdmin(ValueError):
    """Without an admin nobody could invite another one."""


class NotSupport(ValueError):
    """Admins answer for all providers; only support is assigned."""


def list_staff(session: Session) -> list[User]:
    """The operator's staff, by name."""
    theirs = select(User).where(User.operator_role.is_not(None), User.closed_at.is_(None))
    return list(session.scalars(theirs.order_by(User.name, User.id)))


def change_role(session: Session, user: User, role: OperatorRole, *, by: int) -> None:
    """Change a role at the operator. Raises OwnRole, LastAdmin."""
    _set_role(session, user, role, by)


def remove(session: Session, vault: Vault, user: User, *, by: int, at: datetime) -> None:
    """Take a role at the operator away, and the invitations to one that wait; memberships stay. Raises OwnRole,
    LastAdmin."""
    _set_role(session, user, None, by)
    members.revoke_invitations_of(session, vault, user, None, at)


def assign(session: Session, user: User, provider: Provider, at: datetime) -> None:
    """Assign a provider to a member of support. A second time changes nothing. Raises NotSupport."""
    if user.operator_role != OperatorRole.SUPPORT:
        raise NotSupport
    row = {"id": new_id(), "user_id": user.id, "provider_id": provider.id, "created_at": at}
    insert_missing(session, Assignment, [row])


def unassign(session: Session, user_id: int, provider_id: int) -> bool:
    """End an assignment; returns whether there was one."""
    mine = delete(Assignment).where(Assignment.user_id == user_id, Assignment.provider_id == provider_id)
    return changed_rows(session, mine) == 1


def list_assignments(session: Session) -> dict[int, list[Provider]]:
    """{user id: assigned providers by title}."""
    found: dict[int, list[Provider]] = {}
    rows = select(Assignment.user_id, Provider).join(Provider, Provider.id == Assignment.provider_id)
    for user_id, provider in session.execute(rows.order_by(Provider.title)):
        found.setdefault(user_id, []).append(provider)
    return found


def _set_role(session: Session, user: User, role: OperatorRole | None, by: int) -> None:
    if user.id == by:
        raise OwnRole
    if user.operator_role == OperatorRole.ADMIN and role != OperatorRole.ADMIN:
        _require_another_admin(session, user)
    user.operator_role = role
    if role != OperatorRole.SUPPORT:
        session.execute(delete(Assignment).where(Assignment.user_id == user.id))
    session.flush()


def _require_another_admin(session: Session, but: User) -> None:
    """The rows are locked, so two admins who remove each other at once do not leave none."""
    admins = select(User.id).where(User.operator_role == OperatorRole.ADMIN, User.closed_at.is_(None))
    if not set(session.scalars(admins.order_by(User.id).with_for_update())) - {but.id}:
        raise LastAdmin
