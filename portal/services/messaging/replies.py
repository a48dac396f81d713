"""What people answer to messages: refusals are decisions at once, consents where we asked (reply_consents), all else
waits for a person. Whose a reply is: meant_brands."""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import union_all

from portal.core import journalled_news
from portal.core.addresses import Address, AddressKind
from portal.core.database import is_one_of
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Source
from portal.core.models import (
    NO_PROVIDER,
    Brand,
    DecisionOrigin,
    EventKind,
    EventOutcome,
    GatewayEvent,
    Message,
    MessageGateway,
    Recipient,
)
from portal.core.models.invitations import resume_invitations
from portal.core.models.recipient import KNOWN, other_spellings
from portal.domain.campaigns.sending import reconsider
from portal.domain.consents import locking, refusals
from portal.domain.consents.refusals import RefusalScope
from portal.domain.notifications import gateways
from portal.domain.replies import REFUSING, ReplyOutcome
from portal.services.messaging import event_contents, meant_brands, named_brands, reply_consents, shared_replies
from portal.services.messaging.gateways.protocol import InboundMessage
from portal.services.messaging.meant_brands import address_of, find_brands


def take_reply(event: GatewayEvent, gateway: MessageGateway, reply: InboundMessage, at: datetime) -> None:
    """Decide what a reply says; the event is locked. Nothing here commits."""
    owner = event.provider_id or NO_PROVIDER
    outcome = named_brands.classify(gateway, reply, owner)
    address = address_of(reply.sender)
    if address is None:
        _put_to_desk(event, outcome)
        return
    decides = outcome if meant_brands.is_carried(gateway, address) else None
    if decides == ReplyOutcome.REFUSAL and (parts := _find_refused(event, gateway, address, reply, at)):
        refuse(event, gateway, parts, DecisionOrigin.REPLY, at)
    elif event.provider_id is None:
        _hand_over(event, gateway, address, reply, outcome, at)
    elif (
        event.outcome is not None  # It came back with a backup, and may be refused by what is not known yet.
        or decides != ReplyOutcome.CONSENT
        or not reply_consents.grant(event, gateway, address, find_brands(event, reply, is_yes=True), reply, at)
    ):
        hold_sender(event, gateway, reply, at)
        _put_to_desk(event, outcome)


def hold_sender(event: GatewayEvent, gateway: MessageGateway, reply: InboundMessage, at: datetime) -> None:
    """Hold messages to all whose word a reply may be, until somebody reads it: a number also where a list brings it
    only then, of a mail only those whom the firm has when it comes. Nothing here commits."""
    address = address_of(reply.sender)
    if address is None:
        return
    found = _find_held(event, gateway, address, reply, at)
    if event.provider_id is not None:
        event.recipient_id = found[0].id if found else None
        found = found[1:]
    shared_replies.hold(event, found, EventOutcome.LIKELY_REFUSAL)


def _find_held(
    event: GatewayEvent, gateway: MessageGateway, address: Address, reply: InboundMessage, at: datetime
) -> list[Recipient]:
    """Whom a reply may refuse anything."""
    return list(meant_brands.find_meant(event, gateway, address, reply, ReplyOutcome.LIKELY_REFUSAL, at).recipients)


def _find_refused(
    event: GatewayEvent, gateway: MessageGateway, address: Address, reply: InboundMessage, at: datetime
) -> list[RefusalScope]:
    """What a clear refusal refuses; nothing where nobody is known whose word it is for certain."""
    meant = meant_brands.find_meant(event, gateway, address, reply, ReplyOutcome.REFUSAL, at)
    return meant_brands.scopes(gateway, address, meant.recipients, event.received_at, reply) if meant.is_certain else []


def find_channels(event: GatewayEvent, reply: InboundMessage) -> dict[Channel, bool]:
    """What a reply may refuse: the channels of all addresses whose word it may be, and whether its words, or the
    messages that it may answer, mean each; none where no address sent it."""
    gateway, owner = db.session.get_one(MessageGateway, event.gateway_id), event.provider_id or NO_PROVIDER
    whose = {event.recipient_id, *(each.recipient_id for each in shared_replies.find_held(event))}
    offered = dict[Channel, bool]()
    for address in meant_brands.addresses_of(reply) if address_of(reply.sender) else ():
        meant = set().union(*(meant_brands.channels_meant(gateway, address, owner, each, reply) for each in whose))
        offered |= {each: offered.get(each, False) or each in meant for each in address.all_channels}
    return offered


def find_refusable(event: GatewayEvent, reply: InboundMessage) -> list[Brand]:
    """The brands that a refusal by this reply refuses, at all whose word it may be."""
    address, gateway = address_of(reply.sender), db.session.get_one(MessageGateway, event.gateway_id)
    if address is None:
        return []
    held = {event.recipient_id, *(each.recipient_id for each in shared_replies.find_held(event))} - {None}
    found = [db.session.get_one(Recipient, each) for each in held]
    parts = meant_brands.scopes(gateway, address, found, event.received_at, reply)
    theirs = {brand for part in parts for brand in part.brands} | set(find_brands(event, reply))
    return sorted(theirs, key=lambda each: each.id)


def refuse_as_read(
    event: GatewayEvent, reply: InboundMessage, channels: Collection[Channel], user_id: int, at: datetime,
    firms: Collection[int] | None = None, spared: Collection[int] = (),
) -> bool:  # fmt: skip
    """Record the refusal of these channels that a person reads in a reply, at these firms or all that may be meant, of
    all their brands that it may refuse but for the spared ones. False, and nothing is recorded, where nobody knows who
    sent it, where no address of one of these firms has any of the channels, or where no brand is left. Nothing here
    commits."""
    address, gateway = address_of(reply.sender), db.session.get_one(MessageGateway, event.gateway_id)
    if address is None or not set(channels).intersection(find_channels(event, reply)):
        return False
    held = [each.recipient_id for each in shared_replies.find_held(event)]
    found = [db.session.get_one(Recipient, each) for each in held if each is not None]  # Whose it was when it came.
    if event.provider_id is not None or not found:
        found = _find_held(event, gateway, address, replace(reply, is_sender_proved=True), at)
    found = meant_brands.with_spellings(found)  # Also those that came to lists since.
    chosen = [each for each in found if firms is None or each.provider_id in firms]
    meant = meant_brands.scopes(gateway, address, chosen, event.received_at, reply)
    kept = [(part, [brand for brand in part.brands if brand.id not in spared]) for part in meant]
    of_each = [(part, set(channels).intersection(part.address.all_channels), brands) for part, brands in kept]
    reached = {part.recipient.provider_id for part, its, _ in of_each if its}
    if any(part.recipient.provider_id not in reached for part in meant):
        return False
    if parts := [replace(part, channels=its, brands=brands) for part, its, brands in of_each if its and brands]:
        refuse(event, gateway, parts, DecisionOrigin.REPLY, at)
        event.user_id = user_id
        journalled_news.note_step(db.session, event)
    return bool(parts)


def refuse(
    event: GatewayEvent, gateway: MessageGateway, parts: Sequence[RefusalScope], origin: DecisionOrigin, at: datetime
) -> None:
    """Record a refusal that somebody told a gateway, with one receipt for each address, and tell each mailbox of it."""
    locking.lock_recipients(db.session, [part.recipient.id for part in parts])
    mailboxes: dict[str, list[RefusalScope]] = {}
    for part in parts:
        mailboxes.setdefault(part.address.reaches, []).append(part)
    withdrawn = [
        refusals.withdraw(
            db.session, vault(), theirs, origin=origin, language="tr", proved=theirs[0].address,
            request_metadata=json.dumps({"gateway_event": event.id, "vendor": gateway.vendor}), at=at,
            is_portals=gateway.provider_id is None,
            source=Source.EMAIL if gateway.carries == AddressKind.EMAIL else Source.SMS,
        )
        for theirs in mailboxes.values()
    ]  # fmt: skip
    event.recipient_id, event.receipt_id = parts[0].recipient.id, withdrawn[0].receipt_id
    event.outcome, event.due_at, event.settled_at = EventOutcome.REFUSED, None, at


def resume_links(recipient_id: int, at: datetime) -> None:
    """Look again at links that were kept back until a reply was read, and at launches that made none, at all spellings
    of a mailbox."""
    spelled = union_all(*(each.where(KNOWN.id == recipient_id) for each in other_spellings(KNOWN)))
    held = {recipient_id, *db.session.scalars(spelled)}
    reconsider(db.session, held)
    resume_invitations(db.session, is_one_of(db.session, Message.recipient_id, held), at)


def _hand_over(
    event: GatewayEvent, gateway: MessageGateway, address: Address, reply: InboundMessage, outcome: ReplyOutcome,
    at: datetime,
) -> None:  # fmt: skip
    """Give a reply to the operator's number to the firm that alone it means, and to those at whom it refuses clearly.
    For all others the operator reads it, and where it is not certain that they are meant, or it cannot be read: it may
    hold what others wrote."""
    meant = meant_brands.find_meant(event, gateway, address, reply, outcome, at)
    is_single = reply.is_whole and len({each.provider_id for each in meant.recipients}) == 1
    shared = [
        each for each in meant.recipients
        if not meant.is_certain
        or (not is_single and named_brands.classify(gateway, reply, each.provider_id) != ReplyOutcome.REFUSAL)
    ]  # fmt: skip
    secret = gateways.read_secret(vault(), gateway)
    for each in meant.recipients:
        if each not in shared:
            identity, owner = [event.digest.hex(), each.provider_id], each.provider_id
            content = event_contents.content_of(reply)
            event_contents.keep(gateway, secret, EventKind.REPLY, identity, content, at, provider_id=owner)
    if meant.recipients and not shared:
        event.outcome, event.due_at, event.settled_at = EventOutcome.READ, None, at
    else:
        shared_replies.hold(event, shared, _unread_outcome(outcome))
        _put_to_desk(event, outcome)


def _put_to_desk(event: GatewayEvent, outcome: ReplyOutcome) -> None:
    event.outcome, event.due_at = _unread_outcome(outcome), None


def _unread_outcome(outcome: ReplyOutcome) -> EventOutcome:
    return EventOutcome.LIKELY_REFUSAL if outcome in REFUSING else EventOutcome.REVIEW
