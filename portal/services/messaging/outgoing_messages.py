"""Turn a message row into an OutgoingMessage: decrypt its address, read or render its text."""

from collections.abc import Mapping
from typing import Any

from flask import current_app

import shortlinks
from portal.core.addresses import parse
from portal.core.extensions import db, vault
from portal.core.models import NO_PROVIDER, Campaign, Message, MessageKind, Recipient
from portal.domain.consents import recipients
from portal.domain.notifications import messages
from portal.domain.providers import brands
from portal.services.messaging import confirmations, message_rendering
from portal.services.messaging.gateways import OutgoingMessage


class NotNeeded(Exception):
    """Its content no longer holds, or the address takes no messages (a landline)."""


def outgoing_message_of(message: Message, recipient: Recipient | None) -> OutgoingMessage:
    """Raises NotNeeded and CannotOpen."""
    to = _clear_address(message, recipient)
    is_mail = "@" in to
    if not parse(to).takes_messages:
        raise NotNeeded
    if message.text is not None:
        written = message_rendering.split_subject(_stored_text(message), is_mail=is_mail)
    else:
        written = message_rendering.render_message(message.kind, message.language, _facts(message), is_mail=is_mail)
    return OutgoingMessage(message.id, to, written.text, written.subject, _one_click_url(message) if is_mail else "")


def keep_text(message: Message, outgoing: OutgoingMessage) -> None:
    """Store the text as evidence of what the person was told; but never that of a code, which is a credential."""
    if message.text is None and message.kind != MessageKind.CODE:
        text = f"{outgoing.subject}\n\n{outgoing.text}" if outgoing.subject else outgoing.text
        message.text = vault().seal(text, Message.PLACE, message.provider_id or NO_PROVIDER, message.id)
    message.facts = None


def _stored_text(message: Message) -> str:
    assert message.text is not None  # Its caller has looked.
    return vault().read(message.text, Message.PLACE, message.provider_id or NO_PROVIDER, message.id)


def _clear_address(message: Message, recipient: Recipient | None) -> str:
    if recipient is not None:
        return recipients.address_of(vault(), recipient)
    assert message.address is not None  # A message without a recipient has an address of its own.
    return vault().read(message.address, Message.ADDRESS, message.provider_id or NO_PROVIDER, message.id)


def _facts(message: Message) -> Mapping[str, Any]:
    if message.kind != MessageKind.CONFIRMATION:
        return messages.read_facts(vault(), message)
    facts = confirmations.facts_of(message)
    if facts is None:
        raise NotNeeded
    return facts


def _one_click_url(message: Message) -> str:
    """URL of one-click unsubscribe (RFC 8058); empty for messages that concern no brand's consent."""
    link = db.session.get(shortlinks.Link, message.link_id) if message.link_id else None
    campaign = db.session.get(Campaign, message.campaign_id) if message.campaign_id else None
    if link is None or campaign is None:
        return ""
    code = shortlinks.code_of(current_app.config["LINK_SALT"], link.id, link.nonce)
    base = brands.link_base_url(db.session, campaign.brand_id, current_app.config["LINK_BASE"])
    return f"{base.removesuffix('/k')}/u/{code}"
