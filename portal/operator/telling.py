"""Telling a provider's owners by mail what the operator did."""

from sqlalchemy import select

from portal import accounts, clock, mails
from portal.extensions import db, vault
from portal.models import MailKind, Membership, Provider, Role, User


def tell_owners(provider: Provider, kind: MailKind, **facts) -> None:
    """A mail to each owner who may come in, in their language. Part of this transaction."""
    owners = (
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.provider_id == provider.id, Membership.role == Role.OWNER, User.closed_at.is_(None))
        .where(Membership.suspended_at.is_(None), Membership.ended_at.is_(None))
    )
    for owner in db.session.scalars(owners).all():
        mails.write(
            db.session, vault(), kind, to=accounts.email_of(vault(), owner), language=owner.language, at=clock.now(),
            facts={"place": provider.title, **facts},
        )  # fmt: skip
