"""Whom a firm's account may name as the sender: the firm, or a brand of it whose name the operator has seen."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.addresses import AddressKind
from portal.core.models import Brand, MessageGateway, Provider
from portal.domain.providers import sandbox_mode, sender_headers
from portal.services.messaging.gateways.mail_message import split_mailbox

TRIAL = "Deneme"  # Names nobody, so that every firm may try an account with it.


def is_own(session: Session, provider_id: int | None, carries: AddressKind, sender: str) -> bool:
    """Whether a sender names its owner: an SMS header by a name or what is short for it, or by a number; a mailbox by a
    whole name, or by none. The operator's accounts (provider_id None) name whom they like."""
    if provider_id is None:
        return True
    names = [*_reviewed_names(session, session.get_one(Provider, provider_id)), TRIAL]
    if carries == AddressKind.EMAIL:
        name = split_mailbox(sender)[0].casefold()
        return not name or any(name == each.casefold() for pair in names for each in pair.split("\0"))
    return sender.lstrip("+").isdecimal() or any(sender_headers.is_short_for(sender, each) for each in names)


def shown_sender(session: Session, account: MessageGateway) -> str | None:
    """The sender of an account's messages now; None where it has to be changed first. A mail names its firm where the
    account names nobody, or somebody else."""
    fits = is_own(session, account.provider_id, account.carries, account.header)
    if account.carries == AddressKind.PHONE:
        return account.header if fits else None
    name, address = split_mailbox(account.header)
    if account.provider_id is None or (fits and name):
        return account.header
    return f"{session.get_one(Provider, account.provider_id).title} <{address}>"


def _reviewed_names(session: Session, provider: Provider) -> Iterator[str]:
    """Its title, and each brand's name before it; whoever practises names itself."""
    found = select(Brand.name).where(Brand.id.in_(sandbox_mode.counted_brands(provider)))
    yield provider.title
    yield from (f"{name}\0{provider.title}" for name in session.scalars(found))
