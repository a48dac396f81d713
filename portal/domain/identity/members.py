"""Members of a provider: invitations by mail, roles, suspension. At least one owner always stays; nobody changes their
own membership or assigns more permissions than they have."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from portal.core.addresses import mask
from portal.core.models import (
    MailKind,
    Membership,
    OneTimeLink,
    OneTimeLinkKind,
    OperatorRole,
    Provider,
    Role,
    SignIn,
    User,
)
from portal.core.vault import CannotOpen, Vault
from portal.domain.identity import accounts, one_time_links, permissions
from portal.domain.identity.permissions import Permission
from portal.domain.notifications import mails

LIFETIME = timedelta(days=7)
MOST_INVITATIONS = 50  # Open ones of a provider; more would be spam.
SHOWN = timedelta(days=30)  # How long an expired invitation may be sent again.


class ChangeNotAllowed(ValueError):
    """A change that this person may not make."""


class RoleTooHigh(ChangeNotAllowed):
    """The role has permissions that the person who assigns or takes it has not."""


class OwnMembership(ChangeNotAllowed):
    """Nobody changes their own role or suspension."""


class LastOwner(ChangeNotAllowed):
    """The provider would be left without an owner who can sign in."""


class TooManyInvitations(ChangeNotAllowed):
    """The provider has MOST_INVITATIONS open invitations."""


class InvitationExpired(ValueError):
    """The invitation was used, has ended, or its sender may invite no more."""


def list_members(session: Session, provider_id: int) -> Sequence[Row[Membership, User, datetime | None]]:
    """A provider's current members, suspended ones included, by name; `seen_at` is when they were last active."""
    seen_at = select(func.max(SignIn.seen_at)).where(SignIn.user_id == User.id).scalar_subquery()
    theirs = select(Membership, User, seen_at.label("seen_at")).join(User, User.id == Membership.user_id)
    of_this = theirs.where(Membership.provider_id == provider_id, Membership.ended_at.is_(None))
    return session.execute(of_this.order_by(User.name, Membership.id)).all()


def find_member(session: Session, provider_id: int, membership_id: int) -> Membership | None:
    found = session.get(Membership, membership_id)
    return found if found and found.provider_id == provider_id and found.ended_at is None else None


def list_invitations(session: Session, provider_id: int | None, at: datetime) -> list[OneTimeLink]:
    """Unused invitations, newest first, recently expired ones included. None: those to the operator's staff."""
    unused = select(OneTimeLink).where(
        OneTimeLink.kind == OneTimeLinkKind.INVITATION, OneTimeLink.used_at.is_(None), OneTimeLink.revoked_at.is_(None)
    )
    ours = OneTimeLink.operator_role.is_not(None) if provider_id is None else OneTimeLink.invites_to == provider_id
    lately = unused.where(ours, OneTimeLink.expires_at > at - SHOWN)
    return list(session.scalars(lately.order_by(OneTimeLink.created_at.desc(), OneTimeLink.id)))


def may(session: Session, user_id: int | None, provider_id: int, permission: Permission) -> bool:
    """Whether a user, at this moment, is a member of the provider who has the permission."""
    user = session.get(User, user_id) if user_id else None
    own = _find_membership(session, user.id, provider_id) if user and user.is_open else None
    return own is not None and own.is_open and permission in permissions.provider_permissions(own.role)


def may_assign(own: Role, role: Role) -> bool:
    """Whether a member may assign or take a role: only permissions that they have themselves."""
    held = permissions.provider_permissions(own)
    return Permission.PEOPLE in held and permissions.provider_permissions(role) <= held


def invite(
    session: Session, vault: Vault, provider: Provider, by: Membership, *, email: str, role: Role, language: str,
    link: Callable[[str], str], at: datetime,
) -> OneTimeLink:  # fmt: skip
    """Mail an invitation; `link` makes the mailed address of a token. Raises RoleTooHigh and TooManyInvitations."""
    if not may_assign(by.role, role):
        raise RoleTooHigh
    _lock_members(session, provider.id)
    if sum(each.expires_at > at for each in list_invitations(session, provider.id, at)) >= MOST_INVITATIONS:
        raise TooManyInvitations
    inviter = session.get_one(User, by.user_id)
    columns = {"invites_to": provider.id, "role": role}
    return _mail_invitation(session, vault, inviter, provider, role, email, language, link, at, columns)


def invite_staff(
    session: Session, vault: Vault, by: User, *, email: str, role: OperatorRole, language: str,
    link: Callable[[str], str], at: datetime,
) -> OneTimeLink:  # fmt: skip
    """Mail an invitation to become the operator's staff. Raises RoleTooHigh."""
    if Permission.STAFF not in permissions.operator_permissions(by.operator_role):
        raise RoleTooHigh
    columns = {"operator_role": role}
    return _mail_invitation(session, vault, by, None, role, email, language, link, at, columns)


def revoke_invitation(
    session: Session, provider_id: int | None, invitation_id: int, at: datetime
) -> OneTimeLink | None:
    """Revoke an unused invitation; None where there is none."""
    mine = next((each for each in list_invitations(session, provider_id, at) if each.id == invitation_id), None)
    return mine if mine is not None and one_time_links.revoke(session, mine.id, at) else None


def revoke_invitations_of(session: Session, vault: Vault, user: User, provider_id: int | None, at: datetime) -> None:
    """Revoke all unused invitations to a team that were mailed to a user, who leaves it; None: to the operator's."""
    for each in list_invitations(session, provider_id, at):
        with suppress(CannotOpen):  # Nobody could accept it, either.
            invited = accounts.find_user(session, vault, one_time_links.email_of(vault, each))
            if invited is not None and invited.id == user.id:
                one_time_links.revoke(session, each.id, at)


def is_invitation_valid(session: Session, invitation: OneTimeLink) -> bool:
    """Whether the sender of an invitation may still invite. The system's own are always valid."""
    if invitation.made_by is None:
        return True
    by = session.get(User, invitation.made_by)
    if by is None or not by.is_open:
        return False
    if invitation.operator_role is not None:
        return Permission.STAFF in permissions.operator_permissions(by.operator_role)
    sender = _find_membership(session, by.id, invitation.invites_to)
    if sender is None or invitation.role is None:
        return False
    return sender.is_open and may_assign(sender.role, invitation.role)


def accept_invitation(session: Session, invitation: OneTimeLink, user: User, at: datetime) -> bool:
    """Use an invitation up; returns whether it changed anything. It changes no existing role, and undoes no suspension
    or removal that came after it. Raises InvitationExpired."""
    if invitation.invites_to is not None:
        _lock_members(session, invitation.invites_to)  # Two invitations of one user may come at once.
    if not is_invitation_valid(session, invitation) or not one_time_links.use(session, invitation, at):
        raise InvitationExpired
    if invitation.operator_role is not None:
        is_new = user.operator_role is None
        user.operator_role = user.operator_role or invitation.operator_role
        return is_new
    former = _find_membership(session, user.id, invitation.invites_to)
    if former is not None and (former.ended_at is None or former.ended_at > invitation.created_at):
        return False
    accounts.add_membership(session, user, cast(int, invitation.invites_to), cast(Role, invitation.role), at)
    return True


def change_role(session: Session, of: Membership, role: Role, by: Membership) -> bool:
    """Assign a role; returns whether it changed. Raises RoleTooHigh, OwnMembership and LastOwner."""
    _check_change(session, of, by)
    if not may_assign(by.role, role):
        raise RoleTooHigh
    if of.role == role:
        return False
    if role != Role.OWNER:
        _require_another_owner(session, of)
    of.role = role
    session.flush()
    return True


def suspend(session: Session, of: Membership, by: Membership, at: datetime) -> bool:
    """Suspend a member; returns whether that is new. Raises RoleTooHigh, OwnMembership and LastOwner."""
    _check_change(session, of, by)
    if of.suspended_at is not None:
        return False
    _require_another_owner(session, of)
    of.suspended_at = at
    session.flush()
    return True


def resume(session: Session, of: Membership, by: Membership) -> bool:
    """End a suspension; returns whether there was one. Raises RoleTooHigh and OwnMembership."""
    _check_change(session, of, by)
    if of.suspended_at is None:
        return False
    of.suspended_at = None
    session.flush()
    return True


def remove(session: Session, vault: Vault, of: Membership, by: Membership, at: datetime) -> None:
    """End a membership and the invitations of its user that wait. The audit log keeps the name. Raises RoleTooHigh,
    OwnMembership and LastOwner."""
    _check_change(session, of, by)
    _require_another_owner(session, of)
    of.ended_at = at
    revoke_invitations_of(session, vault, session.get_one(User, of.user_id), of.provider_id, at)
    session.flush()


def mail_new_owner(
    session: Session, vault: Vault, provider: Provider, owner: User, by: str, *, link: str, at: datetime
) -> None:
    """Mail all owners that there is a new owner, who gets the mail too."""
    facts = {"at": at, "place": provider.known_as, "owner": owner.name, "by": by, "link": link}
    for each, user in _list_owners(session, provider.id):
        if each.is_open:
            accounts.mail_user(session, vault, user, MailKind.NEW_OWNER, facts, at)


def _mail_invitation(
    session: Session, vault: Vault, by: User, to: Provider | None, role: Role | OperatorRole, email: str,
    language: str, link: Callable[[str], str], at: datetime, columns: Mapping[str, Any],
) -> OneTimeLink:  # fmt: skip
    invitation, token = one_time_links.issue(
        session, vault, OneTimeLinkKind.INVITATION, email=email, at=at, lifetime=LIFETIME, made_by=by.id, **columns
    )
    facts = {
        "link": link(token), "until": invitation.expires_at, "role": role.value,
        "place": mails.OPERATOR if to is None or to.in_sandbox_mode else to.title,
        "by": "" if to else by.name, "address": inviter_address(vault, by, to),
    }  # fmt: skip
    mails.write_mail(session, vault, MailKind.INVITATION, to=email, language=language, at=at, facts=facts)
    return invitation


def inviter_address(vault: Vault, by: User, to: Provider | None) -> str:
    """The confirmed address of who invites to a provider, in place of a name that anybody may type; masked, since an
    address can hold a sentence, too. Empty for staff of the operator."""
    return mask(accounts.email_of(vault, by)) if to else ""


def _check_change(session: Session, of: Membership, by: Membership) -> None:
    if of.user_id == by.user_id:
        raise OwnMembership
    if not may_assign(by.role, of.role):
        raise RoleTooHigh
    _lock_members(session, of.provider_id)


def _lock_members(session: Session, provider_id: int) -> None:
    """Queue concurrent changes of a provider's members."""
    session.execute(select(Provider.id).where(Provider.id == provider_id).with_for_update(key_share=True))


def _require_another_owner(session: Session, gone: Membership) -> None:
    others = [each for each, _ in _list_owners(session, gone.provider_id) if each.id != gone.id and each.is_open]
    if gone.role == Role.OWNER and not others:
        raise LastOwner


def _list_owners(session: Session, provider_id: int) -> list[tuple[Membership, User]]:
    """Owners as the database holds them now, whatever this session read before."""
    theirs = select(Membership, User).join(User, User.id == Membership.user_id)
    owners = theirs.where(
        Membership.provider_id == provider_id, Membership.role == Role.OWNER, User.closed_at.is_(None)
    )
    rows = session.execute(owners.execution_options(populate_existing=True))
    return [(row.Membership, row.User) for row in rows]


def _find_membership(session: Session, user_id: int, provider_id: int | None) -> Membership | None:
    return session.scalar(
        select(Membership).where(Membership.user_id == user_id, Membership.provider_id == provider_id)
    )
