"""What people answer to messages, and what vendors' lists of refusals say: refusals are decisions at once, consents
where we asked (reply_consents), all else waits for a person.

Whose a reply is, is known by the gateway that brought it and by the brand that it names. One that names no brand, or
several, refuses all of them.
"""

import json
from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy import exists, or_, select

from portal.core.addresses import Address, BadAddress, parse
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import (
    Brand,
    BrandGateway,
    Campaign,
    DecisionOrigin,
    EventOutcome,
    GatewayEvent,
    Message,
    MessageGateway,
    Provider,
    Recipient,
)
from portal.core.vault import CannotOpen
from portal.domain.consents import holders, recipients, refusals
from portal.domain.replies import ReplyOutcome, classify_reply, fold
from portal.services.messaging import outgoing_messages, reply_consents
from portal.services.messaging.gateways.protocol import BlockedAddress, InboundMessage

log = structlog.get_logger()


def take_reply(event: GatewayEvent, gateway: MessageGateway, reply: InboundMessage, at: datetime) -> None:
    """Decide what a reply says; the event is locked. Nothing here commits."""
    brands = _brands_of(gateway)
    named = _named(brands, reply)
    spoken = [reply.keyword, gateway.header, *(name for brand in brands for name in _names(brand))]
    outcome = classify_reply(reply.text, [each for each in spoken if each])
    address = address_of(reply.sender)
    if address is None or Channel.SMS not in address.channels:
        _put_to_desk(event, EventOutcome.REVIEW, None)
    elif outcome == ReplyOutcome.REFUSAL:
        _refuse(event, gateway, address, named, Channel.SMS, at)
    elif outcome == ReplyOutcome.LIKELY_REFUSAL and gateway.provider_id is not None:
        ids = recipients.gather(db.session, vault(), gateway.provider_id, [address], at)
        _put_to_desk(event, EventOutcome.LIKELY_REFUSAL, ids[address.text])
    elif outcome != ReplyOutcome.CONSENT or not reply_consents.grant(event, gateway, address, named, reply, at):
        owner = gateway.provider_id
        known = recipients.find(db.session, vault(), owner, address) if owner is not None else None
        _put_to_desk(event, EventOutcome.REVIEW, known.id if known else None)


def take_blocked(event: GatewayEvent, gateway: MessageGateway, blocked: BlockedAddress, at: datetime) -> None:
    """Refuse what a vendor's list, or a complaint about a mail, refuses; the event is locked. Nothing here commits."""
    message = db.session.get(Message, blocked.message_id) if blocked.message_id is not None else None
    if message is not None and message.gateway_id != gateway.id:
        message = None
    address = address_of(blocked.address) if blocked.message_id is None else _address_of_message(message)
    channel = Channel.EMAIL if address is not None and Channel.EMAIL in address.channels else Channel.SMS
    if address is None or channel not in address.channels:
        event.outcome, event.due_at, event.settled_at = EventOutcome.UNREADABLE, None, at
        return
    campaign = db.session.get(Campaign, message.campaign_id) if message is not None and message.campaign_id else None
    brands = [db.session.get_one(Brand, campaign.brand_id)] if campaign else _brands_of(gateway)
    _refuse(event, gateway, address, brands, channel, at)


def refuse_as_read(event: GatewayEvent, reply: InboundMessage, user_id: int, at: datetime) -> bool:
    """Record the refusal that a person reads in a reply; False where its sender is no phone. Nothing here commits."""
    address, gateway = address_of(reply.sender), db.session.get_one(MessageGateway, event.gateway_id)
    if address is None or Channel.SMS not in address.channels:
        return False
    _refuse(event, gateway, address, _named(_brands_of(gateway), reply), Channel.SMS, at)
    event.user_id = user_id
    return True


def _refuse(
    event: GatewayEvent, gateway: MessageGateway, address: Address, brands: Sequence[Brand], channel: Channel,
    at: datetime,
) -> None:  # fmt: skip
    """Also for who is no recipient yet, so that no list brings them later."""
    if gateway.provider_id is not None:
        recipient_id = recipients.gather(db.session, vault(), gateway.provider_id, [address], at)[address.text]
        parts = [refusals.Part(db.session.get_one(Recipient, recipient_id), address, brands, (channel,))]
    else:
        served = _served(gateway, address)
        parts = [refusals.Part(each, address, _own_brands(each.provider_id), (channel,)) for each in served]
    if not parts:
        log.error("reply.of_nobody", event=event.id)
        _put_to_desk(event, EventOutcome.REVIEW, None)
        return
    withdrawn = refusals.withdraw(
        db.session, vault(), parts, origin=DecisionOrigin.REPLY, language="tr",
        request_metadata=json.dumps({"gateway_event": event.id, "vendor": gateway.vendor}), at=at,
    )  # fmt: skip
    event.recipient_id, event.receipt_id = parts[0].recipient.id, withdrawn.receipt_id
    event.outcome, event.due_at, event.settled_at = EventOutcome.REFUSED, None, at


def _put_to_desk(event: GatewayEvent, outcome: EventOutcome, recipient_id: int | None) -> None:
    event.outcome, event.recipient_id, event.due_at = outcome, recipient_id, None


def address_of(text: str) -> Address | None:
    """None of a sender that is no phone or mailbox, such as another firm's name."""
    try:
        return parse(text)
    except BadAddress:
        return None


def _address_of_message(message: Message | None) -> Address | None:
    if message is None:
        return None
    recipient = db.session.get(Recipient, message.recipient_id) if message.recipient_id else None
    try:
        return parse(outgoing_messages.clear_address(message, recipient))
    except CannotOpen:
        return None


def _brands_of(gateway: MessageGateway) -> Sequence[Brand]:
    """The brands that may send through a gateway: those that have it, and those of its provider that have none. All of
    the provider's where there is none of either."""
    theirs = exists().where(BrandGateway.brand_id == Brand.id, BrandGateway.carries == gateway.carries)
    sends = or_(~theirs, theirs.where(BrandGateway.gateway_id == gateway.id))
    own = select(Brand).where(Brand.provider_id == gateway.provider_id, Brand.is_sandbox.is_(False)).order_by(Brand.id)
    return db.session.scalars(own.where(sends)).all() or db.session.scalars(own).all()


def _own_brands(provider_id: int) -> Sequence[Brand]:
    return db.session.scalars(select(Brand).where(Brand.provider_id == provider_id).order_by(Brand.id)).all()


def _served(gateway: MessageGateway, address: Address) -> list[Recipient]:
    """Those to whom the operator's gateway sent something: it serves several providers."""
    sent_to = select(Message.recipient_id).where(Message.gateway_id == gateway.id)
    ids = [each.id for each in holders.find_holders(db.session, vault(), address)]
    theirs = select(Recipient).join(Provider, Provider.id == Recipient.provider_id)
    return list(db.session.scalars(theirs.where(Recipient.id.in_(ids), Recipient.id.in_(sent_to))))


def _named(brands: Sequence[Brand], reply: InboundMessage) -> Sequence[Brand]:
    """The brands whose keyword a reply came for, or with whose name it begins or ends; else all of them."""
    words = f" {fold(reply.text)} "
    named = [
        brand for brand in brands
        if any(name == fold(reply.keyword) or words.startswith(f" {name} ") or words.endswith(f" {name} ")
               for name in map(fold, _names(brand)) if name)
    ]  # fmt: skip
    return named or brands


def _names(brand: Brand) -> list[str]:
    return [each for each in (brand.header, brand.name) if each]
