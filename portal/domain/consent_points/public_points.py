"""Find a consent point by its slug, and register a visitor who proved an address there."""

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import cast

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

import shortlinks
from portal.core.addresses import Address
from portal.core.ids import new_id
from portal.core.iys_protocol import Channel
from portal.core.models import AddressProof, AudienceEntry, Brand, Campaign, ConsentPoint, ConsentRequest, Provider
from portal.core.models.inserts import insert_missing
from portal.core.vault import Vault
from portal.domain.campaigns import links
from portal.domain.consents import locking, recipients

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class PointState(StrEnum):
    OPEN = "open"
    DRAFT = "draft"  # Not published yet.
    CLOSED = "closed"
    BRAND = "brand"  # Passive.
    SUSPENDED = "suspended"
    GONE = "gone"  # The provider has left.


@dataclass(frozen=True)
class PublicPoint:
    """A consent point as its visitors see it."""

    point_id: int
    provider_id: int
    brand_id: int
    campaign_id: int
    slug: str
    daily_budget: int
    name: str  # Shown to the provider only.
    channels: tuple[Channel, ...]
    text_id: int
    iys_code: int
    brand_code: int
    brand_name: str
    logo_digest: str | None
    colour: str | None
    requires_name: bool
    state: PointState

    @property
    def is_open(self) -> bool:
        return self.state == PointState.OPEN


POINTS = (
    select(ConsentPoint, Campaign, Brand, Provider)
    .join(Campaign, Campaign.id == ConsentPoint.campaign_id)
    .join(Brand, Brand.id == ConsentPoint.brand_id)
    .join(Provider, Provider.id == ConsentPoint.provider_id)
    .where(ConsentPoint.slug == bindparam("slug"))
)


def find_point(session: Session, slug: str) -> PublicPoint | None:
    """The point with this slug. Other texts than slugs, which a database may not even accept, find nothing."""
    if not SLUG.fullmatch(slug):
        return None
    row = session.execute(POINTS, {"slug": slug}).one_or_none()
    if row is None:
        return None
    point, campaign, brand, provider = row
    return PublicPoint(
        point_id=point.id,
        provider_id=provider.id,
        brand_id=brand.id,
        campaign_id=campaign.id,
        slug=point.slug,
        daily_budget=point.daily_budget,
        name=campaign.name,
        channels=campaign.offered,
        text_id=cast(int, campaign.text_id),
        iys_code=provider.iys_code,
        brand_code=brand.brand_code,
        brand_name=brand.name,
        logo_digest=brand.logo_digest,
        colour=brand.colour,
        requires_name=brand.requires_name,
        state=point_state(
            provider_left=provider.left_at, suspended=provider.suspended_at, brand_closed=brand.closed_at,
            closed=point.closed_at, published=campaign.launched_at,
        ),
    )  # fmt: skip


def point_state(
    *, provider_left: datetime | None, suspended: datetime | None, brand_closed: datetime | None,
    closed: datetime | None, published: datetime | None,
) -> PointState:  # fmt: skip
    """The state of a point; the first reason to be closed wins."""
    reasons = ((suspended, PointState.SUSPENDED), (provider_left, PointState.GONE), (brand_closed, PointState.BRAND))
    for since, state in reasons:
        if since is not None:
            return state
    if published is None:
        return PointState.DRAFT
    return PointState.CLOSED if closed is not None else PointState.OPEN


def register_recipient(
    session: Session, vault: Vault, salt: str, place: PublicPoint, address: Address, at: datetime,
    beside: Collection[int] = (),
) -> int:  # fmt: skip
    """The id of the personal link for this address, by which its holder can decide again later.

    It offers all channels that the point asks for and the address serves. The same holder of the address gets the same
    link again, another one a new link (Recipient.held_since); concurrent calls queue up. `beside` are further
    recipients that are written in the same transaction: all are locked at once.
    """
    (recipient_id,) = recipients.gather(session, vault, place.provider_id, [address], at).values()
    locking.lock_recipients(session, [recipient_id, *beside])
    held_since = recipients.held_since(session, [recipient_id]).get(recipient_id)
    theirs = (
        select(shortlinks.Link.id)
        .join(AudienceEntry, AudienceEntry.link_id == shortlinks.Link.id)
        .where(AudienceEntry.campaign_id == place.campaign_id, AudienceEntry.recipient_id == recipient_id)
    )
    link_id = session.scalar(theirs.where(shortlinks.Link.created_at >= held_since) if held_since else theirs)
    if held_since and link_id is None:
        links.free_earlier_requests(session, place.brand_id, [recipient_id])
    return link_id or _create_link(session, salt, place, recipient_id, address, at)


def proof_digest(proof: AddressProof) -> bytes:
    """The digest by which a proof decides once; the receipt stores it and so names its proof."""
    return hashlib.sha256(f"point|{proof.id}|{proof.nonce}".encode()).digest()


def _create_link(
    session: Session, salt: str, place: PublicPoint, recipient_id: int, address: Address, at: datetime
) -> int:
    channels = [channel for channel in place.channels if channel in address.channels]
    link_id, _ = shortlinks.create(session, salt, place.provider_id, at)
    entry = AudienceEntry(
        id=new_id(), provider_id=place.provider_id, campaign_id=place.campaign_id, recipient_id=recipient_id,
        link_id=link_id, channels=",".join(channels),
    )  # fmt: skip
    session.add(entry)
    session.flush()
    request = {"brand_id": place.brand_id, "recipient_id": recipient_id, "entry_id": entry.id}
    insert_missing(session, ConsentRequest, [request | {"channel": channel} for channel in channels])
    return link_id
