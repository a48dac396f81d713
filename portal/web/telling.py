"""Telling people of a provider by mail what came about, as a part of the transaction in which it did."""

from collections.abc import Collection

from sqlalchemy import select

from portal import accounts, clock, mails
from portal.extensions import db, vault
from portal.models import MailKind, Membership, Provider, Role, User


def tell_owners(provider: Provider, kind: MailKind, **facts) -> None:
    """A mail to each owner who may come in, in their language. Part of this transaction."""
    tell(provider, kind, (Role.OWNER,), **facts)


def tell(provider: Provider, kind: MailKind, roles: Collection[Role], **facts) -> None:
    """The same to everybody with one of these roles."""
    theirs = (
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.provider_id == provider.id, Membership.role.in_(roles), User.closed_at.is_(None))
        .where(Membership.suspended_at.is_(None), Membership.ended_at.is_(None))
    )
    for person in db.session.scalars(theirs).all():
        mails.write(
            db.session, vault(), kind, to=accounts.email_of(vault(), person), language=person.language,
            at=clock.now(), facts={"place": provider.title, **facts},
        )  # fmt: skip
