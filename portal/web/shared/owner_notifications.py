"""Telling people of a provider by mail what came about, as a part of the transaction in which it did."""

from collections.abc import Collection, Iterable, Iterator

import structlog
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import MailKind, Membership, Provider, Role, User
from portal.core.vault import CannotOpen
from portal.domain.identity import accounts
from portal.domain.notifications import mails

log = structlog.get_logger()


def notify_owners(provider: Provider, kind: MailKind, **facts) -> None:
    """A mail to each owner who may come in, in their language. Part of this transaction."""
    notify_roles(provider, kind, (Role.OWNER,), **facts)


def notify_roles(provider: Provider, kind: MailKind, roles: Collection[Role], **facts) -> int:
    """The same to everybody with one of these roles; how many it reaches."""
    theirs = (
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.provider_id == provider.id, Membership.role.in_(roles), User.closed_at.is_(None))
        .where(Membership.suspended_at.is_(None), Membership.ended_at.is_(None))
    )
    reached = list(_with_addresses(db.session.scalars(theirs).all()))
    for person, address in reached:
        mails.write_mail(
            db.session, vault(), kind, to=address, language=person.language, at=clock.now(),
            facts={"place": provider.title, **facts},
        )  # fmt: skip
    return len(reached)


def _with_addresses(people: Iterable[User]) -> Iterator[tuple[User, str]]:
    """People and their addresses. One that cannot be opened keeps nothing from the others."""
    for person in people:
        try:
            yield person, accounts.email_of(vault(), person)
        except CannotOpen:
            log.error("person.unreached", user=person.id)
