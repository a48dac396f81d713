"""Mails to people of a provider or of the operator, queued in the transaction of the event."""

from collections.abc import Collection
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Select, select

from portal.core import clock
from portal.core.addresses.masking import HIDDEN
from portal.core.extensions import db, vault
from portal.core.models import MailKind, Membership, OperatorRole, Provider, Role, User
from portal.core.vault import CannotOpen
from portal.domain.identity import accounts
from portal.domain.notifications import mails

# What a firm names as it likes. Whoever signs up could have us mail them, signed by us, any sentence to pass on.
FREE_FACTS = frozenset({"name", "point", "brand", "host", "vendor", "code"})

log = structlog.get_logger()


def notify_owners(provider: Provider, kind: MailKind, **facts: Any) -> None:
    notify_roles(provider, kind, (Role.OWNER,), **facts)


def notify_roles(provider: Provider, kind: MailKind, roles: Collection[Role], **facts: Any) -> int:
    """Mail every active member with one of the roles, in their language. Returns how many."""
    return _notify(provider, kind, Membership.role.in_(roles), facts)


def notify_person(provider: Provider, user_id: int | None, kind: MailKind, **facts: Any) -> int:
    """Mail one member or, where that is none any more, the owners. Returns how many."""
    return _notify(provider, kind, User.id == user_id, facts) or notify_roles(provider, kind, (Role.OWNER,), **facts)


def notify_admins(kind: MailKind, *languages: str, **facts: Any) -> int:
    """Mail the operator's admins, or those of a language. Returns how many."""
    staff = select(User).where(User.operator_role == OperatorRole.ADMIN, User.closed_at.is_(None))
    return _mail_people(kind, staff.where(User.language.in_(languages or mails.LANGUAGES)), facts)


def _notify(provider: Provider, kind: MailKind, whom: ColumnElement[bool], facts: dict[str, Any]) -> int:
    active_members = (
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.provider_id == provider.id, whom, User.closed_at.is_(None))
        .where(Membership.suspended_at.is_(None), Membership.ended_at.is_(None))
    )
    hidden = FREE_FACTS & facts.keys() if provider.in_sandbox_mode else ()
    return _mail_people(kind, active_members, {"place": provider.known_as, **facts, **dict.fromkeys(hidden, HIDDEN)})


def _mail_people(kind: MailKind, people: Select[User], facts: dict[str, Any]) -> int:
    reached = 0
    for person in db.session.scalars(people).all():
        try:
            address = accounts.email_of(vault(), person)
        except CannotOpen:
            log.error("person.unreached", user=person.id)
            continue
        mails.write_mail(db.session, vault(), kind, to=address, language=person.language, at=clock.now(), facts=facts)
        reached += 1
    return reached
