"""Whose word a reply or a vendor's refusal is: which recipients, and which of their firms' brands it refuses.

Known by the gateway that brought it, by what its owner sent to that address (earlier_messages), and by the brand that
it names. One that names no brand, or several, refuses all of them, and one that names a brand that never wrote there
takes nothing from those that did. The sender that a phone showed means all that wrote by it. Names count once the
operator has seen them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select

from portal.core import address_holders
from portal.core.addresses import Address, AddressKind, BadAddress, parse_possible
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import (
    NO_PROVIDER,
    Brand,
    BrandGateway,
    Decision,
    GatewayEvent,
    Message,
    MessageGateway,
    Recipient,
)
from portal.domain.consents import recipients
from portal.domain.consents.refusals import RefusalScope
from portal.domain.replies import REFUSING, ReplyOutcome, classify_reply, find_names, fold, names_brand, speaks_of_calls
from portal.services.messaging.earlier_messages import (
    brands_of_recent_codes,
    channels_offered_to,
    headers_of,
    left_by,
    left_by_owner,
    told_by_portal,
    wrote_to,
)
from portal.services.messaging.gateways.protocol import InboundMessage


def address_of(text: str) -> Address | None:
    """None of a sender that is no phone or mailbox, such as another firm's name."""
    try:
        return parse_possible(text)
    except BadAddress:
        return None


def channel_of(gateway: MessageGateway) -> Channel:
    """What a reply refuses."""
    return Channel.EMAIL if gateway.carries == AddressKind.EMAIL else Channel.SMS


def find_scopes(
    event: GatewayEvent, gateway: MessageGateway, address: Address, reply: InboundMessage, at: datetime
) -> list[RefusalScope]:
    """What a reply refuses; nothing where nobody is known whose word it is."""
    return scopes(gateway, address, narrow(gateway, find_recipients(event, gateway, address, at), reply), reply)


def scopes(
    gateway: MessageGateway, address: Address, found: Sequence[Recipient], reply: InboundMessage | None = None
) -> list[RefusalScope]:
    """What is refused at these recipients, by a reply or by what a vendor tells of their address."""
    refused = [(each, _brands_meant(gateway, each.provider_id, each.id, reply)) for each in found]
    return [
        RefusalScope(each, address, brands, channels_meant(gateway, address, each.provider_id, each.id, reply, brands))
        for each, brands in refused
        if brands
    ]


def channels_meant(
    gateway: MessageGateway, address: Address, provider_id: int, recipient_id: int | None,
    reply: InboundMessage | None, brands: Collection[Brand] | None = None,
) -> set[Channel]:  # fmt: skip
    """What a reply refuses: all channels of its address where its words speak of calls or of everything, else its own
    and those that campaigns (of these brands) wrote about, as their messages say that RET refuses."""
    if reply is not None and speaks_of_calls(reply.said, _own_words(gateway, reply, provider_id)):
        return set(address.all_channels)
    offered = channels_offered_to(recipient_id, brands) if reply else set()
    return {channel_of(gateway), *offered.intersection(address.all_channels)}


def find_recipients(event: GatewayEvent, gateway: MessageGateway, address: Address, at: datetime) -> list[Recipient]:
    """The provider's recipient, also where it was none yet, so that no list brings it later. Of the operator's gateway
    those to whom it sent something, at every provider that it served; else those to whom any of the operator's did; and
    those of whose acts in İzinlerim the portal told, and those at whose consent points the address was sent a code,
    which is all that their firms may know of it."""
    if event.provider_id is not None:
        ids = recipients.gather(db.session, vault(), event.provider_id, [address], at)
        return [db.session.get_one(Recipient, ids[address.text])]
    coded = sorted({each.provider_id for each in brands_of_recent_codes(address)})
    gathered = [recipients.gather(db.session, vault(), each, [address], at)[address.text] for each in coded]
    ours = [each.id for each in address_holders.find_holders(db.session, vault(), address)]
    sent_to = [select(Message.recipient_id).where(left) for left in (left_by(gateway), left_by_owner(gateway))]
    theirs = [select(Recipient.id).where(Recipient.id.in_(ours), Recipient.id.in_(each)) for each in sent_to]
    written = db.session.scalars(theirs[0]).all() or db.session.scalars(theirs[1]).all()
    told = db.session.scalars(select(Decision.recipient_id).where(Decision.recipient_id.in_(ours), *told_by_portal()))
    return [db.session.get_one(Recipient, each) for each in sorted({*written, *told, *gathered})]


def find_brands(event: GatewayEvent, reply: InboundMessage) -> Sequence[Brand]:
    """The brands of the provider that a refusal by this reply refuses; none where no such address sent it."""
    gateway, owner = db.session.get_one(MessageGateway, event.gateway_id), event.provider_id or NO_PROVIDER
    address = address_of(reply.sender)
    if address is None or channel_of(gateway) not in address.all_channels:
        return []
    recipient = recipients.find(db.session, vault(), owner, address)
    return _brands_meant(gateway, owner, recipient.id if recipient else None, reply)


def narrow(gateway: MessageGateway, found: list[Recipient], reply: InboundMessage) -> list[Recipient]:
    """Of several firms' recipients that of the one which alone a reply names, by what a brand that wrote to them is
    called now, and to which it says a clear refusal or a yes and nothing else. Otherwise all: no firm's name takes what
    is said to another one."""
    all_names = [name for each in found for brand in brands_of_provider(each.provider_id) for name in names_of(brand)]
    named = [
        (each, brands) for each in found
        if (brands := _brands_named(each.provider_id, each.id, reply, all_names).brands)
    ]  # fmt: skip
    if len(named) != 1:
        return found
    each, brands = named[0]
    wrote = set(brands_of_provider(each.provider_id, wrote_to(each.id)))
    is_named = any(_is_named_whole(brand, reply) for brand in brands if brand in wrote)
    is_clear = classify(gateway, reply, each.provider_id) in (ReplyOutcome.REFUSAL, ReplyOutcome.CONSENT)
    return [each] if is_named and is_clear else found


def classify(gateway: MessageGateway, reply: InboundMessage, provider_id: int) -> ReplyOutcome:
    """The outcome beside the names of a provider's brands, and beside the keyword for which a reply came, whatever
    word it is."""
    if not reply.is_whole:
        return ReplyOutcome.LIKELY_REFUSAL
    left_out = _own_words(gateway, reply, provider_id)
    outcome, others = classify_reply(reply.text, left_out), {classify_reply(reply.said, left_out)}
    if any(_came_for(brand, reply) for brand in brands_of_provider(provider_id)):
        others.add(classify_reply(fold(reply.text).removeprefix(f"{fold(reply.keyword)} "), left_out))
    return min([outcome, *others.intersection(REFUSING)], key=list(ReplyOutcome).index)


def _own_words(gateway: MessageGateway, reply: InboundMessage, provider_id: int) -> list[str]:
    names = (name for brand in brands_of_provider(provider_id) for name in all_names_of(brand))
    return [each for each in (reply.keyword, gateway.header, *names) if each]


def brands_of_provider(provider_id: int, *conditions: ColumnElement[bool]) -> Sequence[Brand]:
    theirs = select(Brand).where(Brand.provider_id == provider_id, Brand.has_not_ended(), *conditions)
    return db.session.scalars(theirs.order_by(Brand.id)).all()


def names_of(brand: Brand) -> list[str]:
    """Those that the operator has seen, also while others wait."""
    return [each for each in (brand.keyword, brand.header, brand.name) if each]


def all_names_of(brand: Brand) -> list[str]:
    """Former ones as well: earlier messages named them."""
    return names_of(brand) + brand.former_names.splitlines()


def _brands_meant(
    gateway: MessageGateway, provider_id: int, recipient_id: int | None, reply: InboundMessage | None
) -> Sequence[Brand]:
    """Those that are named, with those that wrote to the recipient where none of the named ones did. Without a name, or
    beside one in the middle, those that wrote by any account, since a brand's SMS may name the number of another one,
    that have this one, and that have none; all where there is none of any. Of the operator's gateway all where none
    wrote: only the portal did."""
    named = _brands_named(provider_id, recipient_id, reply) if reply else _NamedBrands([], means_no_others=False)
    wrote = brands_of_provider(provider_id, wrote_to(recipient_id))
    if named.means_no_others:
        return named.brands if set(named.brands) & set(wrote) else [*named.brands, *wrote]
    if gateway.provider_id is None and not wrote:
        return brands_of_provider(provider_id)
    theirs = exists().where(BrandGateway.brand_id == Brand.id, BrandGateway.carries == gateway.carries)
    wrote_there = Brand.id.in_([brand.id for brand in wrote])
    sends = or_(~theirs, theirs.where(BrandGateway.gateway_id == gateway.id), wrote_there)
    others = brands_of_provider(provider_id, sends) or brands_of_provider(provider_id)
    return list(dict.fromkeys([*named.brands, *others]))


@dataclass(frozen=True)
class _NamedBrands:
    brands: list[Brand]
    means_no_others: bool  # The reply came for the keyword of one of them, or begins or ends with its name.


def _brands_named(
    provider_id: int, recipient_id: int | None, reply: InboundMessage, all_names: Collection[str] = ()
) -> _NamedBrands:
    """The brands of a provider whose keyword, header or name stands anywhere in a reply, or for whose keyword it came.

    A former name counts where the brand wrote to the recipient, and a header that an account had at some time names the
    brands that wrote by this account. Any other name that was a brand's once names it, too, though the reply may mean
    others beside it: `classify` leaves it out of the text, so it must not be lost. So does one that opens a sentence
    ("Duyuru"), unless the vendor says it as the brand's keyword. None of `all_names` is another one with an ending.
    """
    brands, wrote = brands_of_provider(provider_id), brands_of_provider(provider_id, wrote_to(recipient_id))
    wrote_by = select(MessageGateway).where(
        MessageGateway.id.in_(select(Message.gateway_id).where(Message.recipient_id == recipient_id))
    )
    headers = {each.id: headers_of(each) for each in db.session.scalars(wrote_by)}
    ever = {brand: set(map(fold, all_names_of(brand))) for brand in brands}
    said = _find_names(reply, set().union(*headers.values(), *ever.values()), all_names)
    shown = [gateway_id for gateway_id, theirs in headers.items() if said & theirs]
    by_header = brands_of_provider(provider_id, wrote_to(recipient_id, shown)) if shown else []
    known = {brand: ever[brand] if brand in wrote else set(map(fold, names_of(brand))) for brand in brands}
    asked = [brand for brand in brands if _came_for(brand, reply)]
    named = [brand for brand in brands if brand in by_header or brand in asked or said & known[brand]]
    meant = said & set().union(*(headers[each] for each in shown if by_header), *(known[brand] for brand in named))
    meant = {name for name in meant if names_brand(name) or (asked and name == fold(reply.keyword))}
    former = [brand for brand in brands if brand not in named and (said - meant) & ever[brand]]
    words = f" {fold(reply.text)} "
    at_an_end = [name for name in meant if words.startswith(f" {name} ") or words.endswith(f" {name} ")]
    return _NamedBrands(named + former, bool(at_an_end) or fold(reply.keyword) in meant)


def _find_names(reply: InboundMessage, names: Collection[str], others: Collection[str] = ()) -> set[str]:
    return set().union(*(find_names(each, names, others) for each in (reply.keyword, reply.text, reply.said)))


def _came_for(brand: Brand, reply: InboundMessage) -> bool:
    """Whether the vendor says the brand's keyword, whatever word that is."""
    return bool(reply.keyword and brand.keyword) and fold(reply.keyword) == brand.keyword


def _is_named_whole(brand: Brand, reply: InboundMessage) -> bool:
    """Whether a reply has what the brand is called now, without an ending, or came for its keyword."""
    words = f" {fold(reply.keyword)} {fold(reply.text)} "
    asked = _came_for(brand, reply) and find_names(reply.keyword, [reply.keyword])
    return bool(asked) or any(names_brand(each) and f" {fold(each)} " in words for each in names_of(brand))
