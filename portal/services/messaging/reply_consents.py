"""Consents by reply: they count only as an answer to one open question that we sent to that very number, in a text that
said which word means yes. A sender's number can be faked, so the usual confirmation follows, with a way back."""

import json
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from portal.core import business_days
from portal.core.addresses import Address
from portal.core.business_days import holiday_calendar
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Source, Status
from portal.core.models import (
    NO_PROVIDER,
    Brand,
    Campaign,
    CampaignKind,
    Consent,
    DecisionOrigin,
    EventOutcome,
    GatewayEvent,
    Message,
    MessageGateway,
    MessageKind,
    MessageState,
    Recipient,
    may_have_refused,
)
from portal.core.models.link_context import LinkContext
from portal.domain import consents
from portal.domain.consents import recipients
from portal.domain.consents.link_contexts import load_link_context
from portal.domain.consents.may_send import is_refused
from portal.domain.notifications import messages
from portal.domain.replies import ReplyOutcome, classify_reply, fold
from portal.services.messaging.gateways.protocol import InboundMessage

WORDS = ("ONAY", "EVET", "KABUL")


def grant(
    event: GatewayEvent, gateway: MessageGateway, address: Address, brands: Collection[Brand], reply: InboundMessage,
    at: datetime,
) -> bool:  # fmt: skip
    """Record the consent that a reply gives; False where a condition fails, and a person reads it instead."""
    holiday_calendar.refresh_corrections(db.session, at)
    is_too_late = business_days.lenient_deadline(reply.received_at) < at  # İYS takes no grant that old (H467).
    if is_too_late or not reply.is_dated:  # A sweep tells it again each day: it may be older than the question.
        return False
    recipient = recipients.find(db.session, vault(), gateway.provider_id or NO_PROVIDER, address)
    asked = _questions(gateway, recipient.id, brands, reply) if recipient else []
    if recipient is None or len({brand_id for _, brand_id in asked}) != 1:
        return False
    message = asked[0][0]
    context = load_link_context(db.session, message.link_id) if message.link_id else None
    if context is None or message.called_at is None or not _may_answer(context, reply, at):
        return False
    said_at = min(reply.received_at, at)
    form = consents.ServedForm(context.text_id, message.language, message.called_at, event.digest, said_at)
    try:
        made = consents.decide(
            db.session, vault(), replace(context, source=Source.SMS.value), {Channel.SMS: Status.GRANTED}, form,
            is_live=True, language=message.language, origin=DecisionOrigin.REPLY, at=at,
            request_metadata=json.dumps({"gateway_event": event.id, "message": message.id, "vendor": gateway.vendor}),
        )  # fmt: skip
    except (consents.TooSoon, consents.TooMany):
        return False
    if made.receipt_id is None:
        return False
    event.recipient_id, event.receipt_id = recipient.id, made.receipt_id
    event.outcome, event.due_at, event.settled_at = EventOutcome.GRANTED, None, at
    return True


def _questions(
    gateway: MessageGateway, recipient_id: int, brands: Collection[Brand], reply: InboundMessage
) -> list[tuple[Message, int]]:
    """Open invitations of this gateway to that number, sent before the reply, to whose text it says yes; the newest
    first, with their brands."""
    names = {brand.id: [gateway.header, brand.header or "", brand.keyword or ""] for brand in brands}
    sent = (
        select(Message, Campaign.brand_id)
        .join(Campaign, Campaign.id == Message.campaign_id)
        .where(
            Message.gateway_id == gateway.id, Message.recipient_id == recipient_id,
            Message.kind == MessageKind.INVITATION, Message.called_at <= reply.received_at,
            Message.state.in_((MessageState.ACCEPTED, MessageState.DELIVERED)),
            Campaign.kind != CampaignKind.REFUSE, Campaign.closed_at.is_(None), Campaign.expires_at > reply.received_at,
            Campaign.brand_id.in_(names),
        )
        .order_by(Message.id.desc())
    )  # fmt: skip
    found = [(message, brand_id) for message, brand_id in db.session.execute(sent)]
    return [each for each in found if _says_yes(each[0], [reply.keyword, *names[each[1]]], reply.text)]


def _says_yes(message: Message, names: Iterable[str], text: str) -> bool:
    """Whether a reply is a word of consent that the message told, and nothing else but a header or keyword that it
    names, too."""
    told = f" {fold(messages.read_text(vault(), message))} "
    named = [name for name in names if f" {fold(name)} " in told]
    is_yes = classify_reply(text, named) == ReplyOutcome.CONSENT
    said = fold(text).split()
    return is_yes and any(word in said and (f"{word} YAZ" in told or f"REPLY {word}" in told) for word in WORDS)


def _may_answer(context: LinkContext, reply: InboundMessage, at: datetime) -> bool:
    """Whether the link would take a yes, and the number was not refused, nor may have been."""
    is_earlier_holders = context.is_of_earlier_holder(context.created_at)
    if context.closure or context.is_superseded or context.requires_name or is_earlier_holders:
        return False
    is_late = context.expires_at is None or context.expires_at <= at
    refused = (
        select(Consent.id)
        .join(Brand, Brand.id == Consent.brand_id)
        .where(
            Consent.brand_id == context.brand_id, Consent.recipient_id == context.recipient_id,
            Consent.channel == Channel.SMS, is_refused(at),
        )
    )  # fmt: skip
    likely = may_have_refused(Recipient.id, (EventOutcome.LIKELY_REFUSAL,))  # Who asked first may still say yes.
    unread = select(Recipient.id).where(Recipient.id == context.recipient_id, likely)
    is_refused_somehow = any(db.session.scalar(each.limit(1)) is not None for each in (refused, unread))
    return not is_late and Channel.SMS in context.channels and not is_refused_somehow
