"""Which of a provider's brands a reply names, and what it says beside their names."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from portal.core.extensions import db
from portal.core.models import Brand, MessageGateway, Recipient
from portal.domain.replies import (
    REFUSING,
    ReplyOutcome,
    classify_reply,
    find_names,
    fold,
    names_brand,
    speaks_of_everything,
)
from portal.services.messaging.brand_names import all_names_of, brands_of_provider, names_of
from portal.services.messaging.earlier_messages import EarlierMessage, headers_of, of_recipient
from portal.services.messaging.gateways.protocol import InboundMessage


@dataclass(frozen=True)
class NamedBrands:
    brands: list[Brand]
    means_no_others: bool  # The reply came for the keyword of one of them, or begins or ends with its name.


def find_named_brands(
    provider_id: int, messages: Sequence[EarlierMessage], reply: InboundMessage, all_names: Collection[str] = ()
) -> NamedBrands:
    """The brands of a provider whose keyword, header or name stands anywhere in a reply, or for whose keyword it came.

    A former name counts where the brand wrote to the recipient, and a header that an account had at some time names the
    brands that wrote by this account. Any other name that was a brand's once names it, too, though the reply may mean
    others beside it: `classify` leaves it out of the text, so it must not be lost. So does one that opens a sentence
    ("Duyuru"), unless the vendor says it as the brand's keyword. None of `all_names` is another one with an ending.
    """
    brands, wrote = brands_of_provider(provider_id), {each.brand_id for each in messages}
    wrote_by = select(MessageGateway).where(MessageGateway.id.in_({each.gateway_id for each in messages}))
    headers = {each.id: headers_of(each) for each in db.session.scalars(wrote_by)}
    ever = {brand: set(map(fold, all_names_of(brand))) for brand in brands}
    said = _find_names(reply, set().union(*headers.values(), *ever.values()), all_names)
    shown = [gateway_id for gateway_id, theirs in headers.items() if said & theirs]
    by_header = {each.brand_id for each in messages if each.gateway_id in shown}
    known = {brand: ever[brand] if brand.id in wrote else set(map(fold, names_of(brand))) for brand in brands}
    asked = [brand for brand in brands if came_for(brand, reply)]
    named = [brand for brand in brands if brand.id in by_header or brand in asked or said & known[brand]]
    meant = said & set().union(*(headers[each] for each in shown if by_header), *(known[brand] for brand in named))
    meant = {name for name in meant if names_brand(name) or (asked and name == fold(reply.keyword))}
    former = [brand for brand in brands if brand not in named and (said - meant) & ever[brand]]
    words = f" {fold(reply.text)} "
    at_an_end = [name for name in meant if words.startswith(f" {name} ") or words.endswith(f" {name} ")]
    return NamedBrands(named + former, bool(at_an_end) or fold(reply.keyword) in meant)


def find_named_recipients(
    found: Sequence[Recipient], messages: Sequence[EarlierMessage], reply: InboundMessage
) -> dict[Recipient, list[Brand]]:  # fmt: skip
    """Those of several firms' recipients whose firms' brands a reply names, and which: no firm's by what another one's
    brand is called, by a part of that, or by that as its own with an ending."""
    all_names = [name for each in found for brand in brands_of_provider(each.provider_id) for name in names_of(brand)]
    named = {
        each: find_named_brands(each.provider_id, of_recipient(messages, each.id), reply, all_names).brands
        for each in found
    }
    return {each: brands for each, brands in named.items() if brands}


def _find_names(reply: InboundMessage, names: Collection[str], others: Collection[str] = ()) -> set[str]:
    said = (reply.keyword, reply.text, reply.said)
    return set().union(*(find_names(each, {*names, *others}, others) for each in said)).intersection(names)


def came_for(brand: Brand, reply: InboundMessage) -> bool:
    """Whether the vendor says the brand's keyword, whatever word that is."""
    return bool(reply.keyword and brand.keyword) and fold(reply.keyword) == brand.keyword


def is_named_whole(brand: Brand, reply: InboundMessage) -> bool:
    """Whether a reply has what the brand is called now, without an ending, or came for its keyword."""
    words = f" {fold(reply.keyword)} {fold(reply.text)} "
    asked = came_for(brand, reply) and find_names(reply.keyword, [reply.keyword])
    return bool(asked) or any(names_brand(each) and f" {fold(each)} " in words for each in names_of(brand))


def may_shorten(named: Collection[Brand], others: Collection[Brand], reply: InboundMessage) -> bool:
    """Whether a name by which a reply names one of these brands is a part of another one's: who writes "Moda" may mean
    "Moda Evi"."""
    words = f" {fold(reply.keyword)} {fold(reply.text)} "
    said = {name for brand in named for name in map(fold, all_names_of(brand)) if f" {name} " in words}
    longer = [f" {fold(name)} " for brand in others for name in all_names_of(brand)]
    return any(f" {name} " in other for name in said for other in longer)


def find_shortened(
    alone: Recipient, named: Collection[Brand], among: Sequence[Recipient], reply: InboundMessage
) -> list[Recipient]:  # fmt: skip
    """Those of other firms' recipients whose brands a reply may call for short by the name of these."""
    return [
        each for each in among
        if each.provider_id != alone.provider_id and may_shorten(named, brands_of_provider(each.provider_id), reply)
    ]  # fmt: skip


def says_one_thing(gateway: MessageGateway, reply: InboundMessage, provider_id: int) -> bool:
    """Whether a reply says a clear refusal or a yes beside the names of a provider's brands, and that not of
    everything: what else it says may mean others as well."""
    is_clear = classify(gateway, reply, provider_id) in (ReplyOutcome.REFUSAL, ReplyOutcome.CONSENT)
    return is_clear and not speaks_of_everything(reply.said, own_words(gateway, reply, provider_id))


def classify(gateway: MessageGateway, reply: InboundMessage, provider_id: int) -> ReplyOutcome:
    """The outcome beside the names of a provider's brands, and beside the keyword for which a reply came, whatever
    word it is."""
    if not reply.is_whole:
        return ReplyOutcome.REVIEW if reply.is_automatic else ReplyOutcome.LIKELY_REFUSAL
    left_out = own_words(gateway, reply, provider_id)
    outcome, others = classify_reply(reply.text, left_out), {classify_reply(reply.said, left_out)}
    if any(came_for(brand, reply) for brand in brands_of_provider(provider_id)):
        others.add(classify_reply(fold(reply.text).removeprefix(f"{fold(reply.keyword)} "), left_out))
    return min([outcome, *others.intersection(REFUSING)], key=list(ReplyOutcome).index)


def own_words(gateway: MessageGateway, reply: InboundMessage, provider_id: int) -> list[str]:
    names = (name for brand in brands_of_provider(provider_id) for name in all_names_of(brand))
    return [each for each in (reply.keyword, gateway.header, *names) if each]
