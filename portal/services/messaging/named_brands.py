"""Which of a provider's brands a reply names."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from portal.core.extensions import db
from portal.core.models import Brand, MessageGateway
from portal.domain.replies import find_names, fold, names_brand
from portal.services.messaging.brand_names import all_names_of, brands_of_provider, names_of
from portal.services.messaging.earlier_messages import EarlierMessage, headers_of
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


def _find_names(reply: InboundMessage, names: Collection[str], others: Collection[str] = ()) -> set[str]:
    return set().union(*(find_names(each, names, others) for each in (reply.keyword, reply.text, reply.said)))


def came_for(brand: Brand, reply: InboundMessage) -> bool:
    """Whether the vendor says the brand's keyword, whatever word that is."""
    return bool(reply.keyword and brand.keyword) and fold(reply.keyword) == brand.keyword


def is_named_whole(brand: Brand, reply: InboundMessage) -> bool:
    """Whether a reply has what the brand is called now, without an ending, or came for its keyword."""
    words = f" {fold(reply.keyword)} {fold(reply.text)} "
    asked = came_for(brand, reply) and find_names(reply.keyword, [reply.keyword])
    return bool(asked) or any(names_brand(each) and f" {fold(each)} " in words for each in names_of(brand))
