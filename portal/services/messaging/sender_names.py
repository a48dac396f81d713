"""Whom a firm's account may name as the sender: the firm, or a brand of it whose name the operator has seen."""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import addresses
from portal.core.addresses import AddressKind
from portal.core.extensions import vault
from portal.core.models import Brand, Domain, MessageGateway, Provider
from portal.core.transliteration import ascii_only
from portal.domain import address_proofs
from portal.domain.providers import domain_reviews, sandbox_mode, sender_headers
from portal.domain.providers.contact_numbers import is_in_contact
from portal.services.messaging.gateways.mail_message import split_mailbox

PLAIN = re.compile(r"[A-Za-z0-9 -]+")
TRIAL = "Deneme"  # Names nobody, so that every firm may try an account with it.


def is_own(session: Session, provider_id: int | None, carries: AddressKind, sender: str) -> bool:
    """Whether a sender names its owner: an SMS header by a whole name or an approved header, or by a number that was
    reviewed; a mailbox by a name, or by none. The operator's accounts (provider_id None) name whom they like."""
    if provider_id is None:
        return True
    provider = session.get_one(Provider, provider_id)
    counted = session.scalars(select(Brand).where(Brand.id.in_(sandbox_mode.counted_brands(provider)))).all()
    own = {name for brand in counted for name in (brand.name, brand.header) if name}
    names = own | {provider.title, TRIAL}
    if carries == AddressKind.EMAIL:
        name = split_mailbox(sender)[0].casefold()
        return not name or name in map(str.casefold, names)
    if sender.lstrip("+").isdecimal():
        lines = (provider.contact, *(brand.contact or "" for brand in counted))
        is_approved = sender in [brand.reply_number for brand in counted]
        return is_approved or any(is_in_contact(sender, line) for line in lines)
    # Other signs than the name's could make an address of it, or hide a word.
    is_plain = PLAIN.fullmatch(sender) or ascii_only(sender).lower() in [ascii_only(name).lower() for name in names]
    return bool(is_plain) and sender_headers.is_name(sender, names)


def is_proved(session: Session, provider_id: int | None, sender: str) -> bool:
    """Whether a mailbox is the firm's: on a host whose DNS record names it, or an address of its people; on no host
    that the operator declined. In sandbox mode mails reach these only, so any will do."""
    if provider_id is None or session.get_one(Provider, provider_id).in_sandbox_mode:
        return True
    address = split_mailbox(sender)[1].lower()
    host = address.rpartition("@")[2]
    if domain_reviews.is_declined(session, provider_id, host):
        return False
    if _has_proved(session, provider_id, [host]):
        return True
    try:
        return bool(address_proofs.find_own(session, vault(), provider_id, [addresses.parse(address)]))
    except addresses.BadAddress:
        return False


def is_proved_domain(session: Session, provider_id: int | None, domain: str) -> bool:
    """Whether a domain for what comes back, which mails name to their readers, is the firm's: a host that it proved, or
    a name right below one; of none that the operator declined. The operator's is; in sandbox mode any will do."""
    if provider_id is None or session.get_one(Provider, provider_id).in_sandbox_mode:
        return True
    hosts = [domain.lower(), domain.lower().partition(".")[2]]
    is_declined = any(domain_reviews.is_declined(session, provider_id, host) for host in hosts)
    return not is_declined and _has_proved(session, provider_id, hosts)


def _has_proved(session: Session, provider_id: int, hosts: list[str]) -> bool:
    its = Domain.provider_id == provider_id, Domain.host.in_(hosts), *domain_reviews.IS_PROVED
    return session.scalar(select(Domain.id).where(*its).limit(1)) is not None


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
