"""Finding a consent point by its slug, with its brand, what it asks for, and its state, in one statement."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import cast

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from portal.core.iys_protocol import Channel
from portal.core.models import Brand, Campaign, ConsentPoint, Provider

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class PointState(StrEnum):
    """Whether a point is open, or why not."""

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
    reasons = ((provider_left, PointState.GONE), (suspended, PointState.SUSPENDED), (brand_closed, PointState.BRAND))
    for since, state in reasons:
        if since is not None:
            return state
    if published is None:
        return PointState.DRAFT
    return PointState.CLOSED if closed is not None else PointState.OPEN
