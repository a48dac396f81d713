"""Refusals that vendors of SMS and mail systems tell us of: their lists, complaints about mails, refusals by mail."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select

from portal.core.addresses import Address, parse
from portal.core.extensions import db
from portal.core.iys_protocol import Channel, Status
from portal.core.models import (
    Brand,
    Campaign,
    Consent,
    Decision,
    DecisionOrigin,
    EventOutcome,
    GatewayEvent,
    Message,
    MessageGateway,
    Recipient,
)
from portal.core.vault import CannotOpen
from portal.domain.consents.import_snapshot import STATED
from portal.domain.consents.refusals import RefusalScope
from portal.services.messaging import outgoing_messages, replies
from portal.services.messaging.gateways.protocol import BlockedAddress


def take_blocked(event: GatewayEvent, gateway: MessageGateway, blocked: BlockedAddress, at: datetime) -> None:
    """Refuse the channel that somebody left: once, however many tell of it. The event is locked; nothing here commits.

    A message of ours that is named refuses its brand alone; otherwise the mailbox or number refuses all brands that
    send that way."""
    message = _named_message(gateway, blocked)
    address = replies.address_of(blocked.address) or _address_of(message)
    channel = Channel.EMAIL if address is not None and Channel.EMAIL in address.channels else Channel.SMS
    if address is None or channel not in address.channels:
        event.outcome, event.due_at, event.settled_at = EventOutcome.UNREADABLE, None, at
        return
    parts = _refused_parts(event, gateway, message, address, channel, at)
    if parts and _are_refused(parts, blocked.at):
        event.recipient_id = parts[0].recipient.id
        event.outcome, event.due_at, event.settled_at = EventOutcome.REFUSED, None, at
    else:
        replies.refuse(event, gateway, parts, DecisionOrigin.FEEDBACK, at)


def _refused_parts(
    event: GatewayEvent, gateway: MessageGateway, message: Message | None, address: Address, channel: Channel,
    at: datetime,
) -> list[RefusalScope]:  # fmt: skip
    if message is not None and message.recipient_id is not None:
        found = [db.session.get_one(Recipient, message.recipient_id)]
    else:
        found = replies.find_recipients(event, gateway, address, at)
    campaign = db.session.get(Campaign, message.campaign_id) if message is not None and message.campaign_id else None
    if campaign is not None:
        return [
            RefusalScope(each, address, [db.session.get_one(Brand, campaign.brand_id)], (channel,)) for each in found
        ]
    refused = [(each, replies.brands_of(gateway, each.provider_id, each.id)) for each in found]
    return [RefusalScope(each, address, brands, (channel,)) for each, brands in refused if brands]


def _are_refused(parts: Sequence[RefusalScope], since: datetime | None) -> bool:
    """Whether all of it is refused here by the person's own word, of that moment or later, and İYS is not known to hold
    a grant that is younger. What a file says of them is no such word: it can be taken back, or be older."""
    is_granted_since = and_(Consent.iys_status == Status.GRANTED.value, Consent.iys_as_of > Consent.effective_at)
    is_own = and_(Decision.status == Status.REFUSED, Decision.origin.not_in(STATED))
    is_open = or_(Decision.id.is_(None), ~is_own, is_granted_since)
    if since is not None:
        is_open = or_(is_open, Consent.effective_at < since)
    theirs = select(Consent.recipient_id, Consent.brand_id, Consent.channel, is_open).where(
        Consent.recipient_id.in_([part.recipient.id for part in parts])
    )
    theirs = theirs.outerjoin(Decision, Decision.id == Consent.decision_id)
    held = [(tuple(row[:3]), bool(row[3])) for row in db.session.execute(theirs)]
    keys = {key for part in parts for key in part.keys}
    return keys <= {key for key, _ in held} - {key for key, is_still_open in held if is_still_open}


def _named_message(gateway: MessageGateway, blocked: BlockedAddress) -> Message | None:
    """The message that is named, if the account's owner sent it, by whichever account, to the mailbox that is named."""
    message = db.session.get(Message, blocked.message_id) if blocked.message_id is not None else None
    account = db.session.get(MessageGateway, message.gateway_id) if message is not None else None
    if account is None or account.provider_id != gateway.provider_id:
        return None
    named, sent_to = replies.address_of(blocked.address), _address_of(message)
    return message if None in (named, sent_to) or named == sent_to else None


def _address_of(message: Message | None) -> Address | None:
    if message is None:
        return None
    recipient = db.session.get(Recipient, message.recipient_id) if message.recipient_id else None
    try:
        return parse(outgoing_messages.clear_address(message, recipient))
    except CannotOpen:
        return None
