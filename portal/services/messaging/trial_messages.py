"""Messages to addresses of the team's own: sent at once, whether a gateway is meant or a campaign's text. No row is
kept, and nobody is asked by them."""

from contextlib import suppress
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.addresses import Address, AddressKind
from portal.core.extensions import db
from portal.core.ids import new_id
from portal.core.iys_protocol import Channel, Status
from portal.core.models import AddressProof, Brand, Consent, Provider, Recipient, may_have_refused
from portal.core.vault import CannotOpen, Vault
from portal.domain import address_proofs
from portal.domain.consents import reassigned_addresses, recipients, spellings
from portal.domain.consents.reassigned_addresses import KnownChanges
from portal.domain.notifications.gateways import own_gateways
from portal.services.messaging import gateway_accounts, routing
from portal.services.messaging.gateway_accounts import OpenedAccount
from portal.services.messaging.gateways.protocol import Batch, Gateway, OutgoingMessage, SendError, SendResult
from portal.services.messaging.outgoing_messages import split_subject


def find_destinations(session: Session, vault: Vault, provider_id: int) -> dict[AddressProof, Address]:
    """The addresses that a provider's team proved, but those that are another's by now, as any firm heard, or whose
    holder refused the firm's messages there since: they are to be proved anew."""
    proved = dict[AddressProof, Address]()
    for proof in address_proofs.list_proved(session, provider_id):
        with suppress(CannotOpen):
            proved[proof] = address_proofs.read_address(vault, proof)
    texts = [each.text for each in proved.values()]
    known = reassigned_addresses.find_changes_for(session, vault, provider_id, texts)
    ends = {
        each: [*_changes(known.get(address.text)), *_ends_at_firm(session, vault, provider_id, address)]
        for each, address in proved.items()
    }
    return {
        each: address for each, address in proved.items()
        if each.proved_at is not None and not any(at > each.proved_at for at in ends[each] if at)
    }  # fmt: skip


def _changes(known: KnownChanges | None) -> tuple[datetime | None, ...]:
    return (known.closed_at, known.reassigned_anywhere_at, known.reassigned_at) if known else ()


def _ends_at_firm(session: Session, vault: Vault, provider_id: int, address: Address) -> list[datetime | None]:
    """When the firm's recipients of this number or mailbox changed hands, and when they last refused its messages: now
    where what may refuse waits to be read."""
    own = recipients.find(session, vault, provider_id, address)
    theirs = [*spellings.find_at(session, vault, provider_id, address), *([own] if own else [])]
    ids = [each.id for each in theirs]
    channel = Channel.EMAIL if address.kind == AddressKind.EMAIL else Channel.SMS
    refused = (
        select(func.max(Consent.effective_at)).join(Brand, Brand.id == Consent.brand_id)
        .where(Consent.recipient_id.in_(ids), Consent.channel == channel)
        .where(Consent.status == Status.REFUSED, Brand.is_sandbox.is_(False))
    )  # fmt: skip
    waits = session.scalar(select(Recipient.id).where(Recipient.id.in_(ids), may_have_refused(Recipient.id)).limit(1))
    return [*(each.held_since for each in theirs), session.scalar(refused), clock.now() if waits else None]


def send_at_once(adapter: Gateway, header: str, message: OutgoingMessage) -> tuple[Batch, SendResult]:
    """Send one message; what was sent, and what came of it. Call with no transaction open."""
    batch = Batch(new_id(), header, [message], clock.now())
    (result,) = adapter.send(batch)
    return batch, result


def send_text(account: OpenedAccount, to: str, text: str) -> SendError | None:
    """The same with a campaign's text, whose first line is the subject of a mail."""
    written = split_subject(text, is_mail="@" in to)
    message = OutgoingMessage(new_id(), to, written.text, written.subject)
    return send_at_once(account.adapter, account.header, message)[1].error


def find_account(brand: Brand, kind: AddressKind, at: datetime) -> OpenedAccount | None:
    """Through which a message of a brand would leave now, as the outbox chooses it; None where none can."""
    provider = db.session.get_one(Provider, brand.provider_id)
    is_sandbox = brand.is_sandbox or provider.in_sandbox_mode
    theirs = [each for each in own_gateways(db.session, provider.id) if each.carries == kind]
    gateway_id = None if is_sandbox else routing.choose(db.session, brand.id, theirs, at)
    if gateway_id is None and gateway_accounts.demo_route(is_sandbox=is_sandbox) is None:
        return None
    return gateway_accounts.open_account(gateway_id)
