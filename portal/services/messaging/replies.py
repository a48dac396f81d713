"""What people answer to messages: refusals are decisions at once, consents where we asked (reply_consents), all else
waits for a person.

Whose a reply is, is known by the gateway that brought it, by what it sent to that number, and by the brand that it
names. One that names no brand, or several, refuses all of them. Names count once the operator has seen them.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import structlog
from sqlalchemy import ColumnElement, exists, or_, select

from portal.core import address_holders
from portal.core.addresses import Address, BadAddress, parse
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import (
    NO_PROVIDER,
    Brand,
    BrandGateway,
    Campaign,
    Decision,
    DecisionOrigin,
    EventKind,
    EventOutcome,
    GatewayEvent,
    Message,
    MessageGateway,
    ReceiptDecision,
    Recipient,
)
from portal.core.models.invitations import resume_invitations
from portal.domain.campaigns.sending import reconsider
from portal.domain.consents import recipients, refusals
from portal.domain.consents.refusals import RefusalScope
from portal.domain.notifications import gateways
from portal.domain.replies import ReplyOutcome, classify_reply, fold, names_brand
from portal.services.messaging import event_contents, reply_consents, shared_replies
from portal.services.messaging.gateways.protocol import InboundMessage

log = structlog.get_logger()


def take_reply(event: GatewayEvent, gateway: MessageGateway, reply: InboundMessage, at: datetime) -> None:
    """Decide what a reply says; the event is locked. Nothing here commits."""
    owner = event.provider_id or NO_PROVIDER
    outcome = _classify(gateway, reply, owner)
    address = address_of(reply.sender)
    if address is None or Channel.SMS not in address.channels:
        _put_to_desk(event, EventOutcome.REVIEW if reply.is_whole else EventOutcome.LIKELY_REFUSAL, None, at)
    elif outcome == ReplyOutcome.REFUSAL:
        refuse(event, gateway, _refused_parts(event, gateway, address, reply, at), DecisionOrigin.REPLY, at)
    elif event.provider_id is None:
        _hand_over(event, gateway, address, reply, outcome, at)
    elif outcome != ReplyOutcome.CONSENT or not reply_consents.grant(
        event, gateway, address, find_brands(event, reply), reply, at
    ):
        # It may refuse, and holds messages until somebody reads it, also where a list brings the number only then.
        ids = recipients.gather(db.session, vault(), owner, [address], at)
        is_likely = outcome == ReplyOutcome.LIKELY_REFUSAL
        _put_to_desk(event, EventOutcome.LIKELY_REFUSAL if is_likely else EventOutcome.REVIEW, ids[address.text], at)


def refuse_as_read(event: GatewayEvent, reply: InboundMessage, user_id: int, at: datetime) -> bool:
    """Record the refusal that a person reads in a reply; False where its sender is no phone. Nothing here commits."""
    address, gateway = address_of(reply.sender), db.session.get_one(MessageGateway, event.gateway_id)
    if address is None or Channel.SMS not in address.channels:
        return False
    refuse(event, gateway, _refused_parts(event, gateway, address, reply, at), DecisionOrigin.REPLY, at)
    event.user_id = user_id
    return True


def refuse(
    event: GatewayEvent, gateway: MessageGateway, parts: Sequence[RefusalScope], origin: DecisionOrigin, at: datetime
) -> None:
    """Record a refusal that somebody told a gateway, with one receipt."""
    if not parts:
        _leave_in_log(event, at)
        return
    withdrawn = refusals.withdraw(
        db.session, vault(), parts, origin=origin, language="tr",
        request_metadata=json.dumps({"gateway_event": event.id, "vendor": gateway.vendor}), at=at,
    )  # fmt: skip
    event.recipient_id, event.receipt_id = parts[0].recipient.id, withdrawn.receipt_id
    event.outcome, event.due_at, event.settled_at = EventOutcome.REFUSED, None, at


def find_recipients(event: GatewayEvent, gateway: MessageGateway, address: Address, at: datetime) -> list[Recipient]:
    """Whose word it is: the provider's recipient, also where it was none yet, so that no list brings it later. Of the
    operator's gateway those to whom it sent something, at every provider that it served."""
    if event.provider_id is not None:
        ids = recipients.gather(db.session, vault(), event.provider_id, [address], at)
        return [db.session.get_one(Recipient, ids[address.text])]
    sent_to = select(Message.recipient_id).where(_left_by(gateway))
    ours = [each.id for each in address_holders.find_holders(db.session, vault(), address)]
    return list(db.session.scalars(select(Recipient).where(Recipient.id.in_(ours), Recipient.id.in_(sent_to))))


def find_brands(event: GatewayEvent, reply: InboundMessage) -> Sequence[Brand]:
    """The brands of the provider that a refusal by this reply refuses."""
    gateway, owner = db.session.get_one(MessageGateway, event.gateway_id), event.provider_id or NO_PROVIDER
    address = address_of(reply.sender)
    recipient = recipients.find(db.session, vault(), owner, address) if address else None
    return _brands_meant(gateway, owner, recipient.id if recipient else None, reply)


def brands_of(gateway: MessageGateway, provider_id: int, recipient_id: int | None) -> Sequence[Brand]:
    """The provider's brands that may have written to a recipient through a gateway: those that did, those that have it,
    and those that have none. All of them where there is none of any, and of the operator's gateway."""
    theirs = exists().where(BrandGateway.brand_id == Brand.id, BrandGateway.carries == gateway.carries)
    sends = or_(~theirs, theirs.where(BrandGateway.gateway_id == gateway.id), _wrote(gateway, recipient_id))
    return _brands_of_provider(provider_id, sends) or _brands_of_provider(provider_id)


def resume_links(recipient_id: int, at: datetime) -> None:
    """Look again at links that were kept back until a reply was read, and at launches that made none."""
    reconsider(db.session, recipient_id)
    resume_invitations(db.session, Message.recipient_id == recipient_id, at)


def address_of(text: str) -> Address | None:
    """None of a sender that is no phone or mailbox, such as another firm's name."""
    try:
        return parse(text)
    except BadAddress:
        return None


def _refused_parts(
    event: GatewayEvent, gateway: MessageGateway, address: Address, reply: InboundMessage, at: datetime
) -> list[RefusalScope]:
    """What a refusal by reply refuses: SMS, of the brands that it names, or of all that send by the gateway."""
    found = _meant(find_recipients(event, gateway, address, at), gateway, reply)
    refused = [(each, _brands_meant(gateway, each.provider_id, each.id, reply)) for each in found]
    return [RefusalScope(each, address, brands, (Channel.SMS,)) for each, brands in refused if brands]


def _brands_meant(
    gateway: MessageGateway, provider_id: int, recipient_id: int | None, reply: InboundMessage
) -> Sequence[Brand]:
    named = _brands_named(_brands_of_provider(provider_id), reply)
    return named or brands_of(gateway, provider_id, recipient_id)


def _meant(found: list[Recipient], gateway: MessageGateway, reply: InboundMessage) -> list[Recipient]:
    """Of several firms' recipients that of the one whose brand a reply names, where this brand wrote to them by the
    gateway and no other firm's is named. Otherwise all: no firm's name takes what is said to another one."""
    named = [(each, _brands_named(_brands_of_provider(each.provider_id), reply)) for each in found]
    named = [(each, brands) for each, brands in named if brands]
    if len(named) != 1:
        return found
    each, brands = named[0]
    wrote = _brands_of_provider(each.provider_id, _wrote(gateway, each.id))
    return [each] if set(brands) & set(wrote) else found


def _classify(gateway: MessageGateway, reply: InboundMessage, provider_id: int) -> ReplyOutcome:
    """The outcome beside the names of a provider's brands."""
    if not reply.is_whole:
        return ReplyOutcome.LIKELY_REFUSAL
    names = (name for brand in _brands_of_provider(provider_id) for name in _names_of(brand))
    return classify_reply(reply.text, [each for each in (reply.keyword, gateway.header, *names) if each])


def _hand_over(
    event: GatewayEvent, gateway: MessageGateway, address: Address, reply: InboundMessage, outcome: ReplyOutcome,
    at: datetime,
) -> None:  # fmt: skip
    """Give a reply to the operator's number to the firm that it names, or that alone wrote there, and to those at whom
    it refuses clearly. For all others the operator reads it."""
    meant = _meant(find_recipients(event, gateway, address, at), gateway, reply)
    is_single = len({each.provider_id for each in meant}) == 1
    shared = [
        each for each in meant
        if not is_single and _classify(gateway, reply, each.provider_id) != ReplyOutcome.REFUSAL
    ]  # fmt: skip
    secret = gateways.read_secret(vault(), gateway)
    for each in meant:
        if each not in shared:
            identity, owner = [event.digest.hex(), each.provider_id], each.provider_id
            event_contents.keep(gateway, secret, EventKind.REPLY, identity, asdict(reply), at, provider_id=owner)
    if shared or not (meant or reply.is_whole):
        is_likely = outcome == ReplyOutcome.LIKELY_REFUSAL
        shared_replies.hold(event, shared, EventOutcome.LIKELY_REFUSAL if is_likely else EventOutcome.REVIEW)
    elif meant:
        event.outcome, event.due_at, event.settled_at = EventOutcome.READ, None, at
    else:
        _leave_in_log(event, at)


def _put_to_desk(event: GatewayEvent, outcome: EventOutcome, recipient_id: int | None, at: datetime) -> None:
    """The firm's; of the operator's gateway the operator reads only what nobody could."""
    if event.provider_id is None and outcome == EventOutcome.REVIEW:
        _leave_in_log(event, at)
    else:
        event.outcome, event.recipient_id, event.due_at = outcome, recipient_id, None


def _leave_in_log(event: GatewayEvent, at: datetime) -> None:
    """Of a reply to the operator's gateway by somebody to whom no firm wrote through it."""
    log.error("reply.of_nobody", id=event.id)
    event.outcome, event.due_at, event.settled_at = EventOutcome.READ, None, at


def _brands_of_provider(provider_id: int, *conditions: ColumnElement[bool]) -> Sequence[Brand]:
    theirs = select(Brand).where(Brand.provider_id == provider_id, Brand.has_not_ended(), *conditions)
    return db.session.scalars(theirs.order_by(Brand.id)).all()


def _wrote(gateway: MessageGateway, recipient_id: int | None) -> ColumnElement[bool]:
    """The condition that a message for a brand left for a recipient by the gateway, whichever the brand has by now."""
    sent = _left_by(gateway), Message.recipient_id == recipient_id
    asked = exists().where(*sent, Message.campaign_id == Campaign.id, Campaign.brand_id == Brand.id)
    of_act = ReceiptDecision.receipt_id == Message.receipt_id, ReceiptDecision.decision_id == Decision.id
    confirmed = exists().where(*sent, *of_act, Decision.recipient_id == recipient_id, Decision.brand_id == Brand.id)
    return or_(asked, confirmed)


def _left_by(gateway: MessageGateway) -> ColumnElement[bool]:
    """The condition that a message left by an account, or by one of the same owner and vendor that was removed: the
    account may have been added again."""
    same = select(MessageGateway.id).where(
        MessageGateway.provider_id == gateway.provider_id, MessageGateway.vendor == gateway.vendor,
        MessageGateway.carries == gateway.carries, MessageGateway.removed_at.is_not(None),
    )  # fmt: skip
    return or_(Message.gateway_id == gateway.id, Message.gateway_id.in_(same))


def _brands_named(brands: Sequence[Brand], reply: InboundMessage) -> list[Brand]:
    """The brands for whose keyword a reply came, or with whose keyword, header or name it begins or ends."""
    words, came_for = f" {fold(reply.text)} ", fold(reply.keyword)
    return [
        brand for brand in brands
        if any(name == came_for or words.startswith(f" {name} ") or words.endswith(f" {name} ")
               for name in map(fold, _names_of(brand)) if name)
    ]  # fmt: skip


def _names_of(brand: Brand) -> list[str]:
    """Those that the operator has seen, also while others wait. One that is called "Ret" is named by none of them."""
    return [each for each in (brand.keyword, brand.header, brand.name) if each and names_brand(each)]
