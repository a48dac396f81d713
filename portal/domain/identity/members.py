"""Who belongs to a provider: invitations by mail, roles, suspension. One owner at least stays, and nobody changes
themselves or gives more than they have."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

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
from portal.core.vault import Vault
from portal.domain.identity import accounts, one_time_links, permissions
from portal.domain.identity.permissions import Permission
from portal.domain.notifications import mails

LIFETIME = timedelta(days=7)
MOST_INVITATIONS = 50  # Invitations of a provider: more would be mail to strangers.
SHOWN = timedelta(days=30)  # For so long an invitation that ran out may be sent again.


class ChangeNotAllowed(ValueError):
    """A change that nobody, or not this person, may make."""


class RoleTooHigh(ChangeNotAllowed):
    """The role may do what the person who gives or takes it may not."""


class OwnMembership(ChangeNotAllowed):
    """Nobody changes their own role or standing."""


class LastOwner(ChangeNotAllowed):
    """The provider would be left without an owner who can come in."""


class TooManyInvitations(ChangeNotAllowed):
    """The provider has MOST_WAITING invitations out."""


class InvitationExpired(ValueError):
    """Somebody was first, it ended meanwhile, or who sent it may send none any more."""


@dataclass(frozen=True)
class Member:
    """One line of the list."""

    membership: Membership
    user: User
    seen_at: datetime | None


def list_members(session: Session, provider_id: int) -> list[Member]:
    """Who belongs to a provider now, the suspended too, by name."""
    seen_at = select(func.max(SignIn.seen_at)).where(SignIn.user_id == User.id).scalar_subquery()
    theirs = select(Membership, User, seen_at).join(User, User.id == Membership.user_id)
    of_this = theirs.where(Membership.provider_id == provider_id, Membership.ended_at.is_(None))
    return [Member(*row) for row in session.execute(of_this.order_by(User.name, Membership.id))]


def find_member(session: Session, provider_id: int, membership_id: int) -> Membership | None:
    """One of them."""
    found = session.get(Membership, membership_id)
    is_theirs = found is not None and found.provider_id == provider_id and found.ended_at is None
    return found if is_theirs else None


def list_invitations(session: Session, provider_id: int | None, at: datetime) -> list[OneTimeLink]:
    """What was sent and not used, newest first, with those that ran out lately. None: to the operator's staff."""
    unused = select(OneTimeLink).where(
        OneTimeLink.kind == OneTimeLinkKind.INVITATION, OneTimeLink.used_at.is_(None), OneTimeLink.revoked_at.is_(None)
    )
    ours = OneTimeLink.operator_role.is_not(None) if provider_id is None else OneTimeLink.invites_to == provider_id
    lately = unused.where(ours, OneTimeLink.expires_at > at - SHOWN)
    return list(session.scalars(lately.order_by(OneTimeLink.created_at.desc(), OneTimeLink.id)))


def may_assign(giver: Role, role: Role) -> bool:
    """Whether somebody may give or take a role: only what they may do themselves."""
    return Permission.PEOPLE in permissions.provider_permissions(giver) and permissions.provider_permissions(
        role
    ) <= permissions.provider_permissions(giver)


def invite(
    session: Session, vault: Vault, provider: Provider, by: Membership, *, email: str, role: Role, language: str,
    link: Callable[[str], str], at: datetime,
) -> OneTimeLink:  # fmt: skip
    """Mail an invitation; `link` makes the address out of the token. Whether the address is known makes no difference.

    Raises NotYours and TooManyWaiting.
    """
    if not may_assign(by.role, role):
        raise RoleTooHigh
    _held(session, provider.id)
    if sum(ticket.expires_at > at for ticket in list_invitations(session, provider.id, at)) >= MOST_INVITATIONS:
        raise TooManyInvitations
    facts = {"invites_to": provider.id, "role": role}
    return _invite(session, vault, by.user_id, provider.title, email, language, link, at, facts)


def invite_staff(
    session: Session, vault: Vault, by: User, *, email: str, role: OperatorRole, language: str,
    link: Callable[[str], str], at: datetime,
) -> OneTimeLink:  # fmt: skip
    """The same, to the operator's own people. Raises NotYours."""
    if Permission.STAFF not in permissions.operator_permissions(by.operator_role):
        raise RoleTooHigh
    return _invite(session, vault, by.id, mails.OPERATOR, email, language, link, at, {"operator_role": role})


def revoke_invitation(session: Session, provider_id: int | None, ticket_id: int, at: datetime) -> OneTimeLink | None:
    """Take an invitation back; it, or None where there is none that is unused."""
    mine = next((each for each in list_invitations(session, provider_id, at) if each.id == ticket_id), None)
    return mine if mine is not None and one_time_links.revoke(session, mine.id, at) else None


def is_invitation_valid(session: Session, ticket: OneTimeLink) -> bool:
    """Whether an invitation still holds: whoever sent it may still do so. The system's own always does."""
    if ticket.made_by is None:
        return True
    by = session.get(User, ticket.made_by)
    if by is None or not by.is_open:
        return False
    if ticket.operator_role is not None:
        return Permission.STAFF in permissions.operator_permissions(by.operator_role)
    giver = _membership(session, by.id, ticket.invites_to)
    return giver is not None and giver.is_open and may_assign(giver.role, ticket.role)


def accept_invitation(session: Session, ticket: OneTimeLink, user: User, at: datetime) -> bool:
    """Use an invitation up for a person; whether it changed anything. It never changes what somebody is already, and
    undoes no suspension or removal that came after it. Raises InvitationOver."""
    if ticket.invites_to is not None:
        _held(session, ticket.invites_to)  # Two invitations of one person, too.
    if not is_invitation_valid(session, ticket) or not one_time_links.use(session, ticket, at):
        raise InvitationExpired
    if ticket.operator_role is not None:
        is_new = user.operator_role is None
        user.operator_role = user.operator_role or ticket.operator_role
        return is_new
    former = _membership(session, user.id, ticket.invites_to)
    if former is not None and (former.ended_at is None or former.ended_at > ticket.created_at):
        return False
    accounts.add_membership(session, user, ticket.invites_to, ticket.role, at)
    return True


def change_role(session: Session, of: Membership, role: Role, by: Membership) -> bool:
    """Give another role; whether it was another. Raises NotYours, NotOneself and LastOwner."""
    _check(session, of, by)
    if not may_assign(by.role, role):
        raise RoleTooHigh
    if of.role == role:
        return False
    if role != Role.OWNER:
        _keep_an_owner(session, of)
    of.role = role
    session.flush()
    return True


def suspend(session: Session, of: Membership, by: Membership, at: datetime) -> bool:
    """Let somebody in no more until they are resumed. Raises NotYours, NotOneself and LastOwner."""
    _check(session, of, by)
    if of.suspended_at is not None:
        return False
    _keep_an_owner(session, of)
    of.suspended_at = at
    session.flush()
    return True


def resume(session: Session, of: Membership, by: Membership) -> bool:
    """Let somebody in again. Raises NotYours and NotOneself."""
    _check(session, of, by)
    if of.suspended_at is None:
        return False
    of.suspended_at = None
    session.flush()
    return True


def remove(session: Session, of: Membership, by: Membership, at: datetime) -> None:
    """They belong here no more; what they did keeps their name. Raises NotYours, NotOneself and LastOwner."""
    _check(session, of, by)
    _keep_an_owner(session, of)
    of.ended_at = at
    session.flush()


def mail_new_owner(
    session: Session, vault: Vault, provider: Provider, owner: User, by: str, *, link: str, at: datetime
) -> None:
    """Mail all owners that there is another one, that one too."""
    facts = {"at": at, "place": provider.title, "owner": owner.name, "by": by, "link": link}
    for each, user in _owners(session, provider.id):
        if each.is_open:
            to = accounts.email_of(vault, user)
            mails.write_mail(session, vault, MailKind.NEW_OWNER, to=to, language=user.language, at=at, facts=facts)


def _invite(
    session, vault, by_id: int, place: str, email: str, language: str, link, at: datetime, facts
) -> OneTimeLink:
    by = session.get_one(User, by_id)
    ticket, token = one_time_links.issue(
        session, vault, OneTimeLinkKind.INVITATION, email=email, at=at, lifetime=LIFETIME, made_by=by.id, **facts
    )
    role = facts.get("role") or facts["operator_role"]
    said = {"link": link(token), "until": ticket.expires_at, "place": place, "role": role.value, "by": by.name}
    mails.write_mail(session, vault, MailKind.INVITATION, to=email, language=language, at=at, facts=said)
    return ticket


def _check(session: Session, of: Membership, by: Membership) -> None:
    if of.user_id == by.user_id:
        raise OwnMembership
    if not may_assign(by.role, of.role):
        raise RoleTooHigh
    _held(session, of.provider_id)


def _held(session: Session, provider_id: int) -> None:
    """Two people who change the list at once do so one after the other, and each sees what the other did."""
    session.execute(select(Provider.id).where(Provider.id == provider_id).with_for_update(key_share=True))


def _keep_an_owner(session: Session, gone: Membership) -> None:
    others = [each for each, _ in _owners(session, gone.provider_id) if each.id != gone.id and each.is_open]
    if gone.role == Role.OWNER and not others:
        raise LastOwner


def _owners(session: Session, provider_id: int) -> list[tuple[Membership, User]]:
    """As the database holds them now, whatever this session read before."""
    theirs = select(Membership, User).join(User, User.id == Membership.user_id)
    owners = theirs.where(
        Membership.provider_id == provider_id, Membership.role == Role.OWNER, User.closed_at.is_(None)
    )
    return [tuple(row) for row in session.execute(owners.execution_options(populate_existing=True))]


def _membership(session: Session, user_id: int, provider_id: int) -> Membership | None:
    return session.scalar(
        select(Membership).where(Membership.user_id == user_id, Membership.provider_id == provider_id)
    )
