"""Whose word the answer to a mail is: theirs to whom it was written, and its sender's where the account's owner has
them, each by all spellings of their mailbox."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select, true

from portal.core import address_holders
from portal.core.addresses import Address, AddressKind, read_canonical
from portal.core.addresses.mail_services import MailService, mail_service
from portal.core.extensions import db, vault
from portal.core.models import Message, MessageGateway, MessageKind, Recipient
from portal.core.vault import CannotOpen
from portal.domain.consents import recipients
from portal.services.messaging import earlier_messages, known_numbers, meant_brands, outgoing_messages, quoted_links
from portal.services.messaging.gateways.mail_message import split_mailbox
from portal.services.messaging.gateways.protocol import BlockedAddress, InboundMessage, MailClue


@dataclass(frozen=True)
class Named:
    """Whom true tokens and links in a mail name, and which of their brands."""

    addresses: Sequence[Address]
    answers: Sequence[tuple[int, int]]
    izinlink_wrote_to: Sequence[str]


def with_whose_word(gateway: MessageGateway, reply: InboundMessage, at: datetime) -> InboundMessage | None:
    """A reply with all addresses whose word it may be; None of a mail of a stranger that answers none of the account's
    owner's.

    What holds tokens or links of ours is the word of whom we wrote to, whatever its sender is called: whoever has them
    saw those mails. It is its sender's, too. An id without a token is no reason to hold anybody else's messages, since
    anybody could name it; of a sender whom the owner has it waits, whosever it is."""
    reply = known_numbers.with_known_sender(gateway, reply)
    sender, clue = meant_brands.address_of(reply.sender), reply.clue
    senders = [reply.sender, *clue.senders]
    is_at_owners = all(_is_at_owners_domain(gateway, each) for each in senders)
    is_owners = is_at_owners and not _is_recipients(gateway, sender, reply, at)
    is_copy = not clue.says_it_answers and is_owners  # Of what the owner sent by itself.
    named = _find_named(gateway, reply, () if is_copy else clue.codes, at)
    guessed = address_of_message(find_sent(gateway, clue.replied_id))
    known = dict.fromkeys([*named.addresses, *filter(None, [sender])])
    theirs = [each for some in known for each in find_spellings(gateway, some, at, reply)]
    is_answer = clue.is_ours or guessed is not None or (clue.replied_id is not None and bool(theirs))
    if not named.addresses and (clue.needs_proof or not is_answer):
        return None
    if guessed is not None and sender is not None and guessed.reaches == sender.reaches:
        theirs = [guessed, *theirs]
    if gateway.provider_id is None and sender is not None and sender.reaches in {each.reaches for each in theirs}:
        theirs = [*theirs, sender]
    found = [*named.addresses, *theirs]
    if reply.is_sender_proved and sender is not None and known_numbers.owner_has(gateway, sender):
        found.append(sender)  # Whom a vendor names beside our message.
    first, *others = dict.fromkeys([*([each.text for each in found] or [reply.sender]), *reply.others])
    return replace(
        reply, sender=first, others=tuple(others), answers=named.answers, izinlink_wrote_to=named.izinlink_wrote_to,
        clue=MailClue(),
    )  # fmt: skip


def with_named(gateway: MessageGateway, reply: InboundMessage) -> InboundMessage:
    """A reply with the addresses alone to which the messages went that its tokens name, and its sender's."""
    sent = (address_of_message(find_sent(gateway, each)) for each in reply.clue.message_ids)
    first, *others = dict.fromkeys([*(each.text for each in sent if each), reply.sender])
    return replace(reply, sender=first, others=tuple(others))


def _is_at_owners_domain(gateway: MessageGateway, sender: str) -> bool:
    """Whether it is the account's sender, or one of its domain if that is no mail service's."""
    own, sender = (each.lower() for each in (split_mailbox(gateway.header)[1], sender))
    domain, its_domain = own.rpartition("@")[2], sender.rpartition("@")[2]
    is_alike = its_domain == domain or its_domain.endswith(f".{domain}")
    return sender == own or (is_alike and mail_service(domain) == MailService.OTHER)


def _is_recipients(gateway: MessageGateway, sender: Address | None, reply: InboundMessage, at: datetime) -> bool:
    """Whether the owner writes to whoever sent it, other than by the account's own sender."""
    own = split_mailbox(gateway.header)[1].lower()
    return sender is not None and sender.text != own and bool(find_mailbox(gateway, sender, at, reply))


def _find_named(gateway: MessageGateway, reply: InboundMessage, codes: Collection[str], at: datetime) -> Named:
    """By messages of the account's owner, and by links that were made for whom the owner writes to, also by SMS."""
    found_sent = (find_sent(gateway, message_id) for message_id in reply.clue.message_ids)
    sent = [each for each in found_sent if each is not None]
    written_to = {each: address for each in sent if (address := address_of_message(each)) is not None}
    addresses, answers = list(written_to.values()), earlier_messages.find_brands(sent)
    linked = quoted_links.find_linked_recipients(codes, at)
    found = [(db.session.get_one(Recipient, recipient_id), brand_id) for recipient_id, brand_id in linked]
    opened = recipients.read_addresses(vault(), {recipient for recipient, _ in found})
    for recipient, brand_id in (each for each in found if each[0] in opened):
        address = opened[recipient]
        if meant_brands.find_written_to(gateway, address, [recipient], at, reply):
            addresses.append(address)
            answers += [] if brand_id is None else [(recipient.id, brand_id)]
    own = [
        address.reaches for each, address in written_to.items() if not earlier_messages.find_concerned(each, address)
    ]
    return Named(list(dict.fromkeys(addresses)), list(dict.fromkeys(answers)), own)


def with_linked(gateway: MessageGateway, told: BlockedAddress, at: datetime) -> BlockedAddress:
    """What a mail without a token tells, with the message of the account's owner by which a true link in it left, if
    its links name one alone."""
    if told.mail is None or told.message_id is not None:
        return told
    links = quoted_links.find_links(told.mail.clue.codes, at)
    carried = Message.link_id.in_(links), Message.kind == MessageKind.INVITATION
    sent = [each for each in db.session.scalars(select(Message.id).where(*carried)) if find_sent(gateway, each)]
    return replace(told, message_id=sent[0]) if len(sent) == 1 else told


def find_mailbox(
    gateway: MessageGateway, address: Address, heard_at: datetime, reply: InboundMessage
) -> list[Recipient]:  # fmt: skip
    """Those that the account's owner has, or ever wrote to as the operator, of a mailbox, however it is spelled; none
    of a telephone. Of very many some, of each firm's in turn."""
    if address.kind != AddressKind.EMAIL:
        return []
    holders = address_holders.find_mailbox_holders(db.session, vault(), address)
    theirs = meant_brands.find_written_to(gateway, address, holders, heard_at, reply)
    return address_holders.take_turns(theirs)[: earlier_messages.MOST_HOLDERS]


def find_spellings(
    gateway: MessageGateway, address: Address, heard_at: datetime, reply: InboundMessage
) -> Iterable[Address]:  # fmt: skip
    """By which find_mailbox has it."""
    return recipients.read_addresses(vault(), find_mailbox(gateway, address, heard_at, reply)).values()


def find_sent(gateway: MessageGateway, message_id: int | None) -> Message | None:
    """A message, if the account's owner sent it, by whichever account: a firm its own, and the operator any, since what
    left by one's account leaves by the other's where it is sent again."""
    is_owners = true() if gateway.provider_id is None else Message.provider_id == gateway.provider_id
    sent = select(Message).where(Message.id == message_id, Message.gateway_id.is_not(None), is_owners)
    return db.session.scalar(sent) if message_id is not None else None


def address_of_message(message: Message | None) -> Address | None:
    if message is None:
        return None
    recipient = db.session.get(Recipient, message.recipient_id) if message.recipient_id else None
    try:
        return read_canonical(outgoing_messages.clear_address(message, recipient))
    except CannotOpen:
        return None
