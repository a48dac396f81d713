"""Turn a message row into an OutgoingMessage: decrypt its address, read its text or render it.

There is one template for SMS and one for mail in templates/messages/<kind>/<language>/.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import select

import shortlinks
from portal.core.addresses import Address, parse
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Status
from portal.core.models import (
    NO_PROVIDER,
    Brand,
    Campaign,
    ConsentText,
    Decision,
    Message,
    MessageKind,
    Provider,
    Receipt,
    ReceiptDecision,
    Recipient,
    UnsentReason,
    is_void,
)
from portal.core.transliteration import ascii_only, sender_identity
from portal.core.word_pairs import word_pair
from portal.domain import address_proofs
from portal.domain.consents import recipients
from portal.domain.notifications import messages
from portal.domain.providers import brands
from portal.domain.receipts import lookup
from portal.services.messaging.gateways.protocol import OutgoingMessage


@dataclass(frozen=True)
class RenderedMessage:
    """Text of a message; an SMS has no subject."""

    subject: str
    text: str


class NotNeeded(Exception):
    """It is not sent; `reason` says why."""

    def __init__(self, reason: UnsentReason):
        super().__init__(reason.value)
        self.reason = reason


def outgoing_message_of(message: Message, recipient: Recipient | None) -> OutgoingMessage:
    """Raises NotNeeded and CannotOpen."""
    to = clear_address(message, recipient)
    is_mail = "@" in to
    address = parse(to)
    if not address.takes_messages:
        raise NotNeeded(UnsentReason.LANDLINE)
    if is_sandbox(message) and not _is_own(message, address):
        raise NotNeeded(UnsentReason.SANDBOX)
    written = _stored_text(message, is_mail=is_mail)
    if written is None:
        written = render_message(message.kind, message.language, _facts(message), is_mail=is_mail)
    one_click = _one_click_url(message) if is_mail else ""
    return OutgoingMessage(
        message.id, to, written.text, written.subject, one_click, expires_at=message.expires_at,
        language=message.language,
    )  # fmt: skip


def as_sent(message: Message, recipient: Recipient | None) -> OutgoingMessage:
    """A message of a lost call, to ask its gateway about it. Raises CannotOpen."""
    to = clear_address(message, recipient)
    is_mail = "@" in to
    written = _stored_text(message, is_mail=is_mail)
    if written is None:
        written = render_message(message.kind, message.language, _facts(message), is_mail=is_mail)
    return OutgoingMessage(message.id, to, written.text, written.subject, language=message.language)


def keep_text(message: Message, outgoing: OutgoingMessage) -> None:
    """Store the text as evidence of what the person was told; but never that of a code, which is a credential."""
    if message.text is None and message.kind != MessageKind.CODE:
        text = f"{outgoing.subject}\n\n{outgoing.text}" if outgoing.subject else outgoing.text
        message.text = vault().seal(text, Message.PLACE, message.provider_id or NO_PROVIDER, message.id)


def forget_text(message: Message) -> None:
    """It did not leave: by the next attempt its facts may be others."""
    if message.kind != MessageKind.INVITATION:
        message.text = None


def _stored_text(message: Message, *, is_mail: bool) -> RenderedMessage | None:
    if message.text is None:
        return None
    text = vault().read(message.text, Message.PLACE, message.provider_id or NO_PROVIDER, message.id)
    return split_subject(text, is_mail=is_mail)


def render_message(kind: MessageKind, language: str, facts: Mapping[str, Any], *, is_mail: bool) -> RenderedMessage:
    """Fill in the template. A mail's first line is its subject; an SMS is one line of ASCII, which is shorter and
    cheaper."""
    template = f"messages/{kind}/{language}/{'mail' if is_mail else 'sms'}.txt"
    text = current_app.jinja_env.get_template(template).render(facts)
    return split_subject(text if is_mail else ascii_only(" ".join(text.split())), is_mail=is_mail)


def split_subject(text: str, *, is_mail: bool) -> RenderedMessage:
    """Split a stored text: the first line of a mail is its subject."""
    if not is_mail:
        return RenderedMessage("", text)
    subject, _, body = text.partition("\n")
    return RenderedMessage(" ".join(subject.split()), f"{body.strip()}\n")


def is_sandbox(message: Message) -> bool:
    """Whether a message speaks for a firm or a brand that nobody has reviewed. Codes speak for the portal then."""
    provider = db.session.get(Provider, message.provider_id) if message.provider_id else None
    campaign = db.session.get(Campaign, message.campaign_id) if message.campaign_id else None
    is_of_sandbox = campaign is not None and db.session.get_one(Brand, campaign.brand_id).is_sandbox
    return is_of_sandbox or (provider is not None and provider.in_sandbox_mode)


def _is_own(message: Message, address: Address) -> bool:
    assert message.provider_id is not None
    return bool(address_proofs.find_own(db.session, vault(), message.provider_id, [address]))


def clear_address(message: Message, recipient: Recipient | None) -> str:
    """Where a message goes. Raises CannotOpen."""
    if recipient is not None:
        return recipients.address_of(vault(), recipient)
    assert message.address is not None  # A message without a recipient has an address of its own.
    return vault().read(message.address, Message.ADDRESS, message.provider_id or NO_PROVIDER, message.id)


def _facts(message: Message) -> Mapping[str, Any]:
    is_confirmation = message.kind == MessageKind.CONFIRMATION
    return _confirmation_facts(message) if is_confirmation else messages.read_facts(vault(), message)


def _one_click_url(message: Message) -> str:
    """URL of one-click unsubscribe (RFC 8058); empty for messages that concern no brand's consent."""
    link = db.session.get(shortlinks.Link, message.link_id) if message.link_id else None
    campaign = db.session.get(Campaign, message.campaign_id) if message.campaign_id else None
    if link is None or campaign is None:
        return ""
    code = shortlinks.code_of(current_app.config["LINK_SALT"], link.id, link.nonce)
    return f"{_url_root(campaign.brand_id)}/u/{code}"


def _confirmation_facts(message: Message) -> dict[str, Any]:
    """What was granted, the receipt's URL, and how to refuse (Regulation art. 7). Raises NotNeeded where every grant
    was undone."""
    receipt = db.session.get_one(Receipt, message.receipt_id)
    granted = db.session.execute(
        select(Decision.channel, Decision.brand_id)
        .join(ReceiptDecision, ReceiptDecision.decision_id == Decision.id)
        .where(ReceiptDecision.receipt_id == receipt.id, Decision.status == Status.GRANTED, ~is_void())
    ).all()
    if not granted:
        raise NotNeeded(UnsentReason.UNDONE)
    assert receipt.link_id is not None  # Only decisions by a link are confirmed.
    text = db.session.get_one(ConsentText, receipt.text_id)
    salt, root = current_app.config["LINK_SALT"], _url_root(granted[0].brand_id)
    nonce = db.session.get_one(shortlinks.Link, receipt.link_id).nonce
    return {
        "sender": text.brand_name,
        "title": text.sender_title,
        "firm": sender_identity(text.sender_title, text.sender_mersis),
        "contact": text.sender_contact,
        "channels": [channel for channel in Channel if channel in {row.channel for row in granted}],
        "receipt": f"{root}/m/{lookup.receipt_code(salt, receipt.id, receipt.nonce)}",
        "pair": word_pair(salt, receipt.link_id, nonce),
        "refusal": f"{root}/u/{shortlinks.code_of(salt, receipt.link_id, nonce)}",
    }


def _url_root(brand_id: int) -> str:
    """Beginning of the brand's URLs: its own host, where it has one, serves receipts, too."""
    return brands.link_base_url(db.session, brand_id, current_app.config["LINK_BASE"]).removesuffix("/k")
