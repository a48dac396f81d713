"""Whose word a reply or a vendor's refusal is: which recipients, and which of their firms' brands it refuses.

Known by the gateway that brought it, by what its owner sent to that address (earlier_messages), and by the brand that
it names. One that names no brand, or several, or says more than a clear refusal of it, refuses all of them, and one
that names a brand that never wrote there takes nothing from those that did. The sender that a phone showed means all
that wrote by it. Names count once the operator has seen them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from portal.core import address_holders
from portal.core.addresses import Address, AddressKind, BadAddress, parse, parse_possible
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import NO_PROVIDER, Brand, GatewayEvent, Message, MessageGateway, MessageKind, Recipient
from portal.domain.address_proofs import SentCode
from portal.domain.consents import recipients, spellings
from portal.domain.consents.refusals import RefusalScope
from portal.domain.notifications import gateways
from portal.domain.replies import REFUSING, ReplyOutcome, only_asks, speaks_of_calls
from portal.services.messaging.brand_names import brands_of_provider
from portal.services.messaging.earlier_messages import (
    MOST_HOLDERS,
    EarlierMessage,
    channels_offered_to,
    find_answered,
    find_any_firms,
    find_codes,
    find_messages,
    left_by_owner,
    of_recipient,
    said_at,
)
from portal.services.messaging.gateways.protocol import InboundMessage
from portal.services.messaging.named_brands import (
    classify,
    find_named_brands,
    find_named_recipients,
    find_shortened,
    is_named_whole,
    may_shorten,
    own_words,
    says_one_thing,
)


def address_of(text: str) -> Address | None:
    """None of a sender that is no phone or mailbox, such as another firm's name. What the numbering plan, or the
    rules for mail, do not know is one where anybody is stored with it."""
    with suppress(BadAddress):
        return parse(text)
    with suppress(BadAddress):
        address = parse_possible(text)
        return address if address_holders.find_holders(db.session, vault(), address) else None
    return None


def addresses_of(reply: InboundMessage) -> list[Address]:
    """Whose word a reply may be, its sender's first."""
    return [each for each in map(address_of, (reply.sender, *reply.others)) if each is not None]


def is_carried(gateway: MessageGateway, address: Address) -> bool:
    """Whether an account writes to such addresses. Else its word of one is certain enough to hold it, and no more."""
    return address.kind == gateway.carries


def channel_of(kind: AddressKind) -> Channel:
    """By which messages go to such addresses, and what a reply refuses."""
    return Channel.EMAIL if kind == AddressKind.EMAIL else Channel.SMS


@dataclass(frozen=True)
class Meant:
    """Whose word a reply may be. It is not certain where İzinlink's own message came last: any firm may be meant."""

    recipients: Sequence[Recipient]
    is_certain: bool = True
    is_guess: bool = False  # Of an address to which nothing left, or that nobody has.


def find_meant(
    event: GatewayEvent, gateway: MessageGateway, address: Address, reply: InboundMessage, outcome: ReplyOutcome,
    at: datetime,
) -> Meant:  # fmt: skip
    """The provider's recipients. Of the operator's gateway, of each address by what was written to it: the one whose
    firm alone a reply names, or all to whom the messages were that it may answer; only of the last ones where it surely
    refuses nothing; of all admitted firms that have the address where İzinlink's own came last. A spelling to which
    nothing left says nothing where something left to another one of the mailbox. Of a firm that is meant all are."""
    if event.provider_id is not None:
        return Meant(find_recipients(event, gateway, addresses_of(reply), reply, at, are_made=reply.is_sender_proved))
    spelled = addresses_of(reply)
    judged = [(each, _find_meant_of_operators(event, gateway, each, reply, outcome, at)) for each in spelled]
    known = {address.reaches for address, each in judged if not each.is_guess}
    meant = [each for address, each in judged if not (each.is_guess and address.reaches in known)]
    found = dict.fromkeys(recipient for each in meant for recipient in each.recipients)
    return Meant(with_spellings(found), is_certain=all(each.is_certain for each in meant))


def _find_meant_of_operators(
    event: GatewayEvent, gateway: MessageGateway, address: Address, reply: InboundMessage, outcome: ReplyOutcome,
    at: datetime,
) -> Meant:  # fmt: skip
    """Of one address, by what was written to it, and by the firms whose brands a reply names, whoever wrote."""
    if reply.is_sender_proved:
        _make_holders(address, find_codes(address, event.received_at, reply), at)
    holders = _find_holders(address)
    messages = find_messages(address, holders, event.received_at, reply)
    answered = find_answered(gateway, messages, said_at(event.received_at, reply))
    named_ids = {recipient_id for recipient_id, _ in reply.answers}
    wrote = [each for each in holders if each.id in answered.recipient_ids | named_ids]
    any_firms = find_any_firms(address, is_sure=address.reaches in reply.izinlink_wrote_to)
    ever_ids = {each.recipient_id for each in left_by_owner(gateway, messages)} | named_ids
    ever = [each for each in holders if each.id in ever_ids]
    among = list(dict.fromkeys([*ever, *any_firms]))
    named = find_named_recipients(among, messages, reply)
    if (alone := _find_alone_named(gateway, ever, named, messages, reply)) is not None:
        is_yes = classify(gateway, reply, alone.provider_id) == ReplyOutcome.CONSENT and outcome not in REFUSING
        if is_yes or not (longer := find_shortened(alone, named[alone], among, reply)):
            return Meant([alone])
        return Meant(list(dict.fromkeys([*wrote, *named, *longer])), is_certain=False)
    if answered.is_izinlinks:
        is_guess = not (wrote or named or (answered.messages and any_firms))
        return Meant(list(dict.fromkeys([*wrote, *any_firms])), is_certain=False, is_guess=is_guess)
    if not {each.provider_id for each in named} <= {each.provider_id for each in wrote}:
        return Meant(list(dict.fromkeys([*wrote, *named])), is_certain=False)
    last = [each for each in wrote if each.id in answered.last_recipient_ids]
    return Meant(last if outcome == ReplyOutcome.CONSENT or only_asks(reply.said) else wrote)


def find_recipients(
    event: GatewayEvent, gateway: MessageGateway, addresses: Sequence[Address], reply: InboundMessage, at: datetime,
    *, are_made: bool = True,
) -> list[Recipient]:  # fmt: skip
    """The provider's recipients, made (if `are_made`) where they were none yet, so that no list brings them later. Of
    the operator's gateway those to whom the messages were that a reply may answer."""
    if event.provider_id is None:
        found = list[Recipient]()
        for address in addresses:
            if are_made:
                _make_holders(address, find_codes(address, event.received_at, reply), at)
            holders = _find_holders(address)
            messages = find_messages(address, holders, event.received_at, reply)
            wrote = find_answered(gateway, messages, said_at(event.received_at, reply)).recipient_ids
            found += [each for each in holders if each.id in wrote]
        return found
    if are_made:
        ids = recipients.gather(db.session, vault(), event.provider_id, list(addresses), at)
        return [db.session.get_one(Recipient, ids[each.text]) for each in addresses]
    known = (recipients.find(db.session, vault(), event.provider_id, each) for each in addresses)
    return [each for each in known if each is not None]


def find_written_to(
    gateway: MessageGateway, address: Address, found: Sequence[Recipient], heard_at: datetime, reply: InboundMessage
) -> list[Recipient]:  # fmt: skip
    """Those of an address's recipients that are of the account's owner, or to whom the operator's accounts ever wrote
    before a reply was heard: which of them it means is for find_meant."""
    if gateway.provider_id is not None:
        return [each for each in found if each.provider_id == gateway.provider_id]
    wrote = {each.recipient_id for each in left_by_owner(gateway, find_messages(address, found, heard_at, reply))}
    return [each for each in found if each.id in wrote]


def with_spellings(found: Iterable[Recipient]) -> list[Recipient]:
    """These, and the other spellings by which their firms have their mailboxes; of very many some."""
    own = list(found)
    opened = recipients.read_addresses(vault(), own)
    boxes = {(each.provider_id, address.reaches): address for each, address in opened.items()}
    others = [
        each for (provider_id, _), address in boxes.items()
        for each in spellings.find_at(db.session, vault(), provider_id, address)[:MOST_HOLDERS]
    ]  # fmt: skip
    return list(dict.fromkeys([*own, *others]))


def make_holder_of_code(message: Message, address: Address, at: datetime) -> None:
    """Make a recipient with an address at the firm whose code a message was, if that does not have its mailbox."""
    if message.kind == MessageKind.CODE:
        codes = find_codes(address, message.created_at)
        _make_holders(address, [each for each in codes if each.at == message.created_at], at)


def _make_holders(address: Address, codes: Iterable[SentCode], at: datetime) -> None:
    """Make recipients with an address at the firms whose codes it got, and which do not have its mailbox."""
    have = {each.provider_id for each in address_holders.find_mailbox_holders(db.session, vault(), address)}
    for provider_id in sorted({code.brand.provider_id for code in codes if code.brand} - have):
        recipients.gather(db.session, vault(), provider_id, [address], at)


def _find_holders(address: Address) -> list[Recipient]:
    """The recipients with an address at any firm."""
    return sorted(address_holders.find_holders(db.session, vault(), address), key=lambda each: each.id)


def scopes(
    gateway: MessageGateway, address: Address, found: Sequence[Recipient], heard_at: datetime,
    reply: InboundMessage,
) -> list[RefusalScope]:  # fmt: skip
    """What a reply refuses at these recipients. Each is judged by what was written to it before that was heard,
    whenever somebody reads it; to which the operator's accounts wrote nothing that it may answer, as its firm's others
    of the mailbox are."""
    opened, refused, silent = recipients.read_addresses(vault(), found), list[RefusalScope](), list[RefusalScope]()
    answered = {recipient_id for recipient_id, _ in reply.answers}
    by_spelling: dict[Address, list[Recipient]] = {}
    for each in found:
        by_spelling.setdefault(opened.get(each, address), []).append(each)
    for spelling, theirs in by_spelling.items():
        messages = find_messages(spelling, theirs, heard_at, reply)
        wrote_to = find_answered(gateway, messages, said_at(heard_at, reply)).recipient_ids | answered
        for each in theirs:
            if brands := _brands_meant(gateway, each.provider_id, each.id, messages, heard_at, reply):
                channels = channels_meant(gateway, spelling, each.provider_id, each.id, reply, brands)
                part = RefusalScope(each, spelling, brands, channels)
                (silent if gateway.provider_id is None and each.id not in wrote_to else refused).append(part)
    return [*refused, *(_as_others(each, refused) for each in silent)]


def _as_others(part: RefusalScope, others: Sequence[RefusalScope]) -> RefusalScope:
    """It with what is refused at the firm's other spellings of the mailbox, if anything is."""
    box = part.recipient.provider_id, part.address.reaches
    same = [each for each in others if (each.recipient.provider_id, each.address.reaches) == box]
    if not same:
        return part
    brands = dict.fromkeys(brand for each in same for brand in each.brands)
    return replace(part, brands=list(brands), channels=set().union(*(each.channels for each in same)))


def channels_meant(
    gateway: MessageGateway, address: Address, provider_id: int, recipient_id: int | None, reply: InboundMessage,
    brands: Collection[Brand] | None = None,
) -> set[Channel]:  # fmt: skip
    """What a reply refuses: all channels of its address where its words speak of calls or of everything, else its own
    and those that campaigns (of these brands) wrote about, as their messages say that RET refuses."""
    if speaks_of_calls(reply.said, own_words(gateway, reply, provider_id)):
        return set(address.all_channels)
    offered = channels_offered_to(recipient_id, brands)
    return {channel_of(address.kind), *offered.intersection(address.all_channels)}


def find_brands(event: GatewayEvent, reply: InboundMessage, *, is_yes: bool = False) -> Sequence[Brand]:
    """The brands of the provider that a refusal by this reply refuses, or to which it says yes; none where no such
    address sent it, or nobody knows who did."""
    gateway, owner = db.session.get_one(MessageGateway, event.gateway_id), event.provider_id or NO_PROVIDER
    address = address_of(reply.sender)
    if address is None:
        return []
    recipient = recipients.find(db.session, vault(), owner, address)
    if recipient is None and not reply.is_sender_proved:
        return []
    messages = find_messages(address, [recipient], event.received_at, reply) if recipient else []
    recipient_id = recipient.id if recipient else 0
    return _brands_meant(gateway, owner, recipient_id, messages, event.received_at, reply, is_yes=is_yes)


def _find_alone_named(
    gateway: MessageGateway, wrote_to: Collection[Recipient], named: Mapping[Recipient, Sequence[Brand]],
    messages: Sequence[EarlierMessage], reply: InboundMessage,
) -> Recipient | None:  # fmt: skip
    """Of those to whom the operator's accounts ever wrote that whose firm alone a reply names, by what a brand that
    wrote to them is called now, and of which it says one thing. Otherwise none: no firm's name takes what is said to
    another one."""
    if len({each.provider_id for each in named}) != 1:
        return None
    for each in (each for each in named if each in wrote_to):
        wrote = {message.brand_id for message in of_recipient(messages, each.id)}
        is_named = any(is_named_whole(brand, reply) for brand in named[each] if brand.id in wrote)
        if is_named and says_one_thing(gateway, reply, each.provider_id):
            return each
    return None


def _brands_meant(
    gateway: MessageGateway, provider_id: int, recipient_id: int, messages: Sequence[EarlierMessage],
    heard_at: datetime, reply: InboundMessage, *, is_yes: bool = False,
) -> Sequence[Brand]:  # fmt: skip
    """Those whose mails a reply surely answers, and those that are named, with those that wrote to the recipient where
    none of the named ones did; those that may be called so for short are refused, too, but are given no yes. Without a
    name, beside one in the middle, or where a reply says more than one thing, those that wrote by any account of the
    owner's, since a brand's SMS may name the number of another one, and of a firm's gateway those that have it, had it
    when it was heard or have none; all where there is none of these, or İzinlink's own message came last."""
    brands, theirs = brands_of_provider(provider_id), of_recipient(messages, recipient_id)
    named = find_named_brands(provider_id, theirs, reply)
    answered = find_answered(gateway, messages, said_at(heard_at, reply))
    wrote = [each for each in brands if answered.has_brand(each, recipient_id)]
    if named.means_no_others and says_one_thing(gateway, reply, provider_id):
        ever = {each.brand_id for each in theirs}
        has_written = any(each.id in ever for each in named.brands)
        may_be_called_so = (each for each in wrote if not has_written or may_shorten(named.brands, [each], reply))
        others: Sequence[Brand] = [] if is_yes else list(may_be_called_so)
    elif gateway.provider_id is None:
        others = ([] if answered.is_izinlinks else wrote) or brands
    else:
        others = [*wrote, *brands_of_provider(provider_id, gateways.sends_through(gateway, heard_at))] or brands
    surely = {brand_id for _, brand_id in reply.answers}
    return list(dict.fromkeys([*named.brands, *others, *(each for each in brands if each.id in surely)]))
