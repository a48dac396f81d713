"""Turn a message row into an OutgoingMessage: decrypt its address, read its text or render it.

There is one template for SMS and one for mail in templates/messages/<kind>/<language>/.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

import shortlinks
from portal.core.addresses import Address, AddressKind, read_canonical
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Status
from portal.core.models import (
    NO_PROVIDER,
    Brand,
    Campaign,
    Decision,
    Message,
    MessageKind,
    Provider,
    Receipt,
    ReceiptDecision,
    Recipient,
    UnsentReason,
)
from portal.core.models.approvals import find_taken_back
from portal.core.transliteration import ascii_only, sender_identity
from portal.core.word_pairs import word_pair
from portal.domain import address_proofs, complaints
from portal.domain.consents import recipients
from portal.domain.notifications import gateways, messages
from portal.domain.providers import brands
from portal.domain.providers.sandbox_mode import Destination
from portal.domain.receipts import contents, lookup
from portal.domain.receipts.contents import BrandDecisions, ReceiptContents
from portal.services.launches.invitation_text import TextWriter, text_writer
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


def campaign_writer(campaign_id: int | None) -> TextWriter:
    """What writes the texts of a campaign's messages, with the host, number and keyword that its brand has now."""
    campaign, config = db.session.get_one(Campaign, campaign_id), current_app.config
    return text_writer(db.session, campaign, config["LINK_SALT"], config["LINK_BASE"])


WriterOf = Callable[[int | None], TextWriter]


def outgoing_message_of(
    message: Message, recipient: Recipient | None, writer_of: WriterOf = campaign_writer
) -> OutgoingMessage:
    """Of one that waits. Raises NotNeeded and CannotOpen."""
    to = clear_address(message, recipient)
    is_mail = "@" in to
    address = read_canonical(to)
    if not is_reachable(db.session, message.provider_id, address):
        raise NotNeeded(UnsentReason.LANDLINE)
    if is_sandbox(message) and not _is_own(message, address):
        raise NotNeeded(UnsentReason.SANDBOX)
    if recipient is not None and message.kind == MessageKind.COMPLAINT_SETTLED:
        _check_holder(message, recipient)
    written = written_text(db.session, message, is_mail=is_mail, writer_of=writer_of)
    one_click = _one_click_url(message) if is_mail else ""
    return OutgoingMessage(
        message.id, to, written.text, written.subject, one_click, expires_at=message.expires_at,
        language=message.language,
    )  # fmt: skip


def is_reachable(session: Session, provider_id: int | None, address: Address) -> bool:
    """Whether messages of a provider go to an address: abroad, where SMS pumping pays, by its own accounts only."""
    if not address.is_abroad or not address.takes_messages:
        return address.takes_messages
    own = gateways.own_gateways(session, provider_id) if provider_id else []
    return any(each.carries == AddressKind.PHONE for each in own)


def as_sent(message: Message, recipient: Recipient | None) -> OutgoingMessage:
    """A message of a lost call, to ask its gateway about it. Raises CannotOpen."""
    to = clear_address(message, recipient)
    is_mail = "@" in to
    written = written_text(db.session, message, is_mail=is_mail)
    return OutgoingMessage(message.id, to, written.text, written.subject, language=message.language)


def keep_text(message: Message, outgoing: OutgoingMessage | RenderedMessage) -> None:
    """Store the text as evidence of what the person was told; but never that of a code, which is a credential."""
    if message.kind != MessageKind.CODE:
        text = f"{outgoing.subject}\n\n{outgoing.text}" if outgoing.subject else outgoing.text
        message.text = vault().seal(text, Message.PLACE, message.provider_id or NO_PROVIDER, message.id)


def forget_text(message: Message) -> None:
    """It did not leave: by the next attempt its facts may be others."""
    if message.kind != MessageKind.INVITATION:
        message.text = None


def written_text(
    session: Session, message: Message, *, is_mail: bool, writer_of: WriterOf = campaign_writer
) -> RenderedMessage:
    """The text of what is in a call, or has left. What waits is written now (write_text). Raises NotNeeded and
    CannotOpen."""
    if message.text is not None and message.batch_id is not None:
        return split_subject(messages.read_text(vault(), message), is_mail=is_mail)
    return write_text(session, message, is_mail=is_mail, writer_of=writer_of)


def write_text(
    session: Session, message: Message, *, is_mail: bool, writer_of: WriterOf = campaign_writer
) -> RenderedMessage:
    """What is to be said now, whatever was said before: meanwhile the host, number or name that it says may have been
    lost, the address have changed hands, or what it tells of have ended. Raises NotNeeded and CannotOpen."""
    if message.kind == MessageKind.INVITATION:
        link = session.get_one(shortlinks.Link, message.link_id)
        return split_subject(writer_of(message.campaign_id)(_code_of(link), is_mail), is_mail=is_mail)
    kind: MessageKind = message.kind
    facts: dict[str, Any] = messages.read_facts(vault(), message)
    if message.receipt_id is not None:
        kind, facts = _confirmation(session, message)
    facts = facts | _usual_facts(session, message, facts)
    return render_message(kind, message.language, facts, is_mail=is_mail)


def _usual_facts(session: Session, message: Message, facts: Mapping[str, Any]) -> dict[str, str]:
    """The firm's title and contact, in place of a name or line whose approval was taken back since it was queued."""
    provider_id = message.provider_id
    if brand_id := facts.get("brand_id"):  # A code is the portal's own message.
        provider_id = session.get_one(Brand, int(brand_id)).provider_id
    if provider_id is None:
        return {}
    taken_back, provider = find_taken_back(session, provider_id), session.get_one(Provider, provider_id)
    usual = {"sender": ("name", provider.title), "contact": ("contact", provider.contact)}
    return {fact: text for fact, (field, text) in usual.items() if taken_back.holds(field, facts.get(fact, ""))}


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
    brand_id = brand_of(message)
    is_of_sandbox = brand_id is not None and db.session.get_one(Brand, brand_id).is_sandbox
    return is_of_sandbox or (provider is not None and provider.in_sandbox_mode)


def brand_of(message: Message) -> int | None:
    """The id of the brand for which a message speaks, if it does: its own, its campaign's, or the first of its act's,
    those of sandbox mode last."""
    if message.brand_id is not None:
        return message.brand_id
    if message.campaign_id is not None:
        return db.session.get_one(Campaign, message.campaign_id).brand_id
    if message.receipt_id is None or message.provider_id is None:
        return None
    decided = select(ReceiptDecision.decision_id).where(ReceiptDecision.receipt_id == message.receipt_id)
    of_act = select(Brand.id).join(Decision, Decision.brand_id == Brand.id).where(Decision.id.in_(decided))
    return db.session.scalar(of_act.order_by(Brand.is_sandbox, Brand.id).limit(1))


def _is_own(message: Message, address: Address) -> bool:
    assert message.provider_id is not None
    return bool(address_proofs.find_own(db.session, vault(), message.provider_id, [address]))


def _check_holder(message: Message, recipient: Recipient) -> None:
    """Raises NotNeeded where the address of a case changed hands, also while its message waited."""
    code = messages.read_facts(vault(), message)["link"].rpartition("/")[2]
    case = complaints.find_case(db.session, current_app.config["LINK_SALT"], code)
    had_it_at = complaints.held_at(db.session, case) if case else message.created_at
    if recipient.changed_hands_after(had_it_at):
        raise NotNeeded(UnsentReason.REASSIGNED)


def clear_address(message: Message, recipient: Recipient | None) -> str:
    """Where a message goes. Raises CannotOpen."""
    if recipient is not None:
        return recipients.address_of(vault(), recipient)
    assert message.address is not None  # A message without a recipient has an address of its own.
    return vault().read(message.address, Message.ADDRESS, message.provider_id or NO_PROVIDER, message.id)


def _one_click_url(message: Message) -> str:
    """URL of one-click unsubscribe (RFC 8058); empty for messages that concern no brand's consent. Nobody reads it,
    so it is at our own host: a brand's may come to lead elsewhere, and a mail program tells nobody."""
    link = db.session.get(shortlinks.Link, message.link_id) if message.link_id else None
    campaign = db.session.get(Campaign, message.campaign_id) if message.campaign_id else None
    if link is None or campaign is None:
        return ""
    return f"{current_app.config['LINK_BASE'].removesuffix('/k')}/u/{_code_of(link)}"


def _code_of(link: shortlinks.Link) -> str:
    return shortlinks.code_of(current_app.config["LINK_SALT"], link.id, link.nonce)


def _confirmation(session: Session, message: Message) -> tuple[MessageKind, dict[str, Any]]:
    """Which template tells of an act, and its facts: what of it stands now, the receipt's URL, and how to refuse what
    was granted (Regulation art. 7). A grant that was refused since stands no more: the refusal has a message of its
    own. Raises NotNeeded where nothing stands, and where the address changed hands."""
    receipt = session.get_one(Receipt, message.receipt_id)
    act = contents.read_contents(session, vault(), receipt)
    parts = [part for part in act.parts if part.destination != Destination.SANDBOX] or act.parts
    kept = [line for part in parts for line in part.lines if not line.annulled_at]
    ended = Status.GRANTED, Status.REFUSED
    stands = {(line.channel, line.status) for line in kept if (line.status, line.now_status) != ended}
    granted, refused = (
        [channel for channel in Channel if (channel, each) in stands] for each in (Status.GRANTED, Status.REFUSED)
    )
    if act.is_disowned or (act.held_since is not None and not granted):
        raise NotNeeded(UnsentReason.REASSIGNED)
    if not stands:
        raise NotNeeded(UnsentReason.REFUSED if kept else UnsentReason.UNDONE)
    salt, root = current_app.config["LINK_SALT"], _act_url_root(session, act)
    facts = {
        **_sender_facts(parts), "granted": granted, "refused": refused, "brands": len(parts),
        "receipt": f"{root}/m/{lookup.receipt_code(salt, receipt.id, receipt.nonce)}",
    }  # fmt: skip
    if not granted:
        return MessageKind.REFUSAL, facts
    assert receipt.link_id is not None  # Only a link, or a point that makes one, grants.
    nonce = session.get_one(shortlinks.Link, receipt.link_id).nonce
    facts["pair"] = word_pair(salt, receipt.link_id, nonce)
    facts["refusal"] = f"{root}/u/{shortlinks.code_of(salt, receipt.link_id, nonce)}"
    return MessageKind.CONFIRMATION, facts


def _sender_facts(parts: Sequence[BrandDecisions]) -> dict[str, str]:
    """Who speaks: the brand, its provider where it is several brands, or the portal where it is several providers."""
    if len({part.provider_id for part in parts}) > 1:
        return {"sender": "İzinlink", "title": "", "firm": "", "contact": ""}
    first = parts[0]
    is_trial = first.destination == Destination.SANDBOX
    sender = contents.sender_of_text(first.text) if first.text and is_trial else first.sender
    name = first.text.brand_name if first.text and is_trial else first.brand_name
    return {
        "sender": name if len(parts) == 1 else sender.title,
        "title": sender.title,
        "firm": sender_identity(sender.title, sender.number) if sender.number else "",
        "contact": sender.contact,
    }


def _act_url_root(session: Session, act: ReceiptContents) -> str:
    """A brand's own host shows receipts of that brand alone."""
    brand_ids, base = {part.brand_id for part in act.parts}, current_app.config["LINK_BASE"]
    return _url_root(session, brand_ids.pop(), base) if len(brand_ids) == 1 else base.removesuffix("/k")


def _url_root(session: Session, brand_id: int, base: str) -> str:
    """Beginning of the brand's URLs: its own host, where it has one, serves receipts, too."""
    return brands.link_base_url(session, brand_id, base).removesuffix("/k")
