"""A message's row as what a gateway takes: its address opened, its text read or written."""

from portal import messages, recipients
from portal.addresses import parse
from portal.extensions import vault
from portal.messaging import confirmations, texts
from portal.messaging.gateways import Parcel
from portal.models import NOBODYS, Message, MessageKind, Recipient
from portal.registry import Channel

BY_MESSAGE = {Channel.SMS, Channel.EMAIL}


class NotNeeded(Exception):
    """Nothing of what it says stands any more, or no message reaches the address (a landline)."""


def parcel_of(message: Message, recipient: Recipient | None) -> Parcel:
    """What to send. Its text is kept with the row, but for a code's. Raises NotNeeded and CannotOpen."""
    owner = message.provider_id or NOBODYS
    to = _address(message, recipient)
    if message.text is not None:
        return Parcel(message.id, to, vault().read(message.text, Message.PLACE, owner, message.id))
    is_mail = "@" in to
    if not BY_MESSAGE & set(parse(to).channels):
        raise NotNeeded
    facts = _facts(message)
    written = texts.compose(message.kind, message.language, facts, is_mail=is_mail)
    return Parcel(message.id, to, written.text, written.subject, facts.get("refusal", "") if is_mail else "")


def keep_text(message: Message, parcel: Parcel) -> None:
    """Evidence of what the person was told. A code opens doors, so it is kept nowhere."""
    if message.text is None and message.kind != MessageKind.CODE:
        said = f"{parcel.subject}\n\n{parcel.text}" if parcel.subject else parcel.text
        message.text = vault().seal(said, Message.PLACE, message.provider_id or NOBODYS, message.id)
    message.facts = None


def _address(message: Message, recipient: Recipient | None) -> str:
    if recipient is not None:
        return recipients.address_of(vault(), recipient)
    return vault().read(message.address, Message.ADDRESS, message.provider_id or NOBODYS, message.id)


def _facts(message: Message) -> dict:
    facts = messages.facts_of(vault(), message)
    if message.kind == MessageKind.CONFIRMATION:
        facts = confirmations.facts_of(message)
    if facts is None:
        raise NotNeeded
    return facts
