"""Where test messages may go: addresses that the team proved, for as long as they are its own."""

from contextlib import suppress
from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from portal.core.addresses import Address, AddressKind
from portal.core.iys_protocol import Channel, Status
from portal.core.models import AddressProof, Brand, Consent, Recipient, may_have_refused
from portal.core.vault import CannotOpen, Vault
from portal.domain import address_proofs
from portal.domain.consents import reassigned_addresses, recipients, spellings
from portal.domain.consents.reassigned_addresses import NOTHING_KNOWN


def find_usable(session: Session, vault: Vault, provider_id: int) -> dict[AddressProof, Address]:
    """The addresses that a provider's team proved, by their proofs; not those that are another's since, as any firm
    heard, or whose holder refused the firm's messages there since, or may have: they are to be proved anew."""
    proved = dict[AddressProof, Address]()
    for proof in address_proofs.list_proved(session, provider_id):
        with suppress(CannotOpen):
            proved[proof] = address_proofs.read_address(vault, proof)
    texts = [each.text for each in proved.values()]
    known = reassigned_addresses.find_changes_for(session, vault, provider_id, texts)
    return {
        proof: address for proof, address in proved.items()
        if proof.proved_at is not None
        and not known.get(address.text, NOTHING_KNOWN).changed_hands_after(proof.proved_at)
        and not _was_left_since(session, vault, provider_id, address, proof.proved_at)
    }  # fmt: skip


def _was_left_since(session: Session, vault: Vault, provider_id: int, address: Address, proved_at: datetime) -> bool:
    """Whether the firm's recipients of a number or mailbox changed hands, or refused its messages, since a moment, or
    what may refuse them waits to be read."""
    own = recipients.find(session, vault, provider_id, address)
    theirs = [*spellings.find_at(session, vault, provider_id, address), *([own] if own else [])]
    if any(each.changed_hands_after(proved_at) for each in theirs):
        return True
    channel = Channel.EMAIL if address.kind == AddressKind.EMAIL else Channel.SMS
    is_refused = Consent.channel == channel, Consent.status == Status.REFUSED, Consent.effective_at > proved_at
    has_refused = exists().where(
        Consent.recipient_id == Recipient.id, *is_refused, Brand.id == Consent.brand_id, Brand.is_sandbox.is_(False)
    )
    refusing = or_(has_refused, may_have_refused(Recipient.id))
    found = select(Recipient.id).where(Recipient.id.in_([each.id for each in theirs]), refusing)
    return session.scalar(found.limit(1)) is not None
