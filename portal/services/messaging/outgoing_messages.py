"""A message's row as what a gateway takes: its address opened, its text read or written."""

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
    """Nothing of what it says stands any more, or no message reaches the address (a landline)."""


def outgoing_message_of(message: Message, recipient: Recipient | None) -> OutgoingMessage:
    """What to send. Its text is kept with the row, but for a code's. Raises NotNeeded and CannotOpen."""
    to = _clear_address(message, recipient)
    is_mail = "@" in to
    if not parse(to).takes_messages:
        raise NotNeeded
    if message.text is not None:
        written = message_rendering.split_subject(_stored_text(message), is_mail=is_mail)
    else:
        written = message_rendering.render_message(message.kind, message.language, _facts(message), is_mail=is_mail)
    return OutgoingMessage(message.id, to, written.text, written.subject, _one_click_url(message) if is_mail else "")


def keep_text(message: Message, parcel: OutgoingMessage) -> None:
    """Evidence of what the person was told. A code opens doors, so it is kept nowhere."""
    if message.text is None and message.kind != MessageKind.CODE:
        said = f"{parcel.subject}\n\n{parcel.text}" if parcel.subject else parcel.text
        message.text = vault().seal(said, Message.PLACE, message.provider_id or NO_PROVIDER, message.id)
    message.facts = None


def _stored_text(message: Message) -> str:
    return vault().read(message.text, Message.PLACE, message.provider_id or NO_PROVIDER, message.id)


def _clear_address(message: Message, recipient: Recipient | None) -> str:
    if recipient is not None:
        return recipients.address_of(vault(), recipient)
    return vault().read(message.address, Message.ADDRESS, message.provider_id or NO_PROVIDER, message.id)


def _facts(message: Message) -> dict:
    facts = messages.read_facts(vault(), message)
    if message.kind == MessageKind.CONFIRMATION:
        facts = confirmations.facts_of(message)
    if facts is None:
        raise NotNeeded
    return facts


def _one_click_url(message: Message) -> str:
    """Where a mail program refuses for its owner (RFC 8058); none for what concerns no brand's consent."""
    link = db.session.get(shortlinks.Link, message.link_id) if message.link_id else None
    campaign = db.session.get(Campaign, message.campaign_id) if message.campaign_id else None
    if link is None or campaign is None:
        return ""
    code = shortlinks.code_of(current_app.config["LINK_SALT"], link.id, link.nonce)
    base = brands.link_base_url(db.session, campaign.brand_id, current_app.config["LINK_BASE"])
    return f"{base.removesuffix('/k')}/u/{code}"
