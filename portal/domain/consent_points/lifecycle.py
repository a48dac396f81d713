"""Opening, publishing and closing a consent point: its slug, its campaign and its daily budget of codes."""

import re
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core.iys_protocol import Channel
from portal.core.models import Brand, Campaign, CampaignKind, ConsentPoint, ContactKind, Delivery, Provider
from portal.core.models.ids import new_id
from portal.core.transliteration import ascii_only
from portal.domain import campaigns
from portal.domain.campaigns import text_reviews
from portal.domain.consent_points.public_points import SLUG

SHORTEST, LONGEST = 3, 60
MOST_CODES = 5000  # A day; several points can share more visitors.
LONGEST_PREFIX = 30
# Sandbox providers are not reviewed: they must not send many messages or take a well-known name as their slug.
SANDBOX_CODES, SANDBOX_PREFIX = 20, "deneme-"
SANDBOX_CODES_IN_ALL = 60  # Of all points of a sandbox provider.


class BadSlug(ValueError):
    """The slug, with its prefix, is not 3 to 60 lower-case letters, digits and single hyphens between them."""


class SlugTaken(ValueError):
    """Another point has this slug."""


class TextNotApproved(ValueError):
    """The operator has not approved the text that a firm wrote itself."""


class BudgetTooHigh(ValueError):
    """The budget exceeds `most`, the codes a day that the point may send."""

    def __init__(self, most: int):
        super().__init__(str(most))
        self.most = most


def suggest_slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", ascii_only(name).lower())[:LONGEST].strip("-")


def open_point(
    session: Session, brand: Brand, *, slug: str, name: str, channels: Sequence[Channel], wording: campaigns.Wording,
    daily_budget: int, at: datetime, today: date,
) -> ConsentPoint:  # fmt: skip
    """Create an unpublished point. Its visitors begin the contact themselves (checklist C-4).

    Raises BadSlug, SlugTaken and BudgetTooHigh.
    """
    provider = session.get_one(Provider, brand.provider_id)
    slug = _check_slug(session, slug, slug_prefix(provider, brand))
    _check_budget(session, provider, daily_budget)
    campaign = campaigns.open_campaign(
        session, brand, name=name, kind=CampaignKind.ASK, channels=list(channels), wording=wording,
        contact=campaigns.Contact(ContactKind.REQUEST, today), expires_at=None, delivery=Delivery.POINT, at=at,
        today=today,
    )  # fmt: skip
    point = ConsentPoint(
        id=new_id(), provider_id=brand.provider_id, brand_id=brand.id, campaign_id=campaign.id, slug=slug,
        daily_budget=daily_budget, created_at=at,
    )  # fmt: skip
    session.add(point)
    try:
        session.flush()
    except IntegrityError as taken:  # By another at the same moment.
        raise SlugTaken from taken
    return point


def publish_point(session: Session, point: ConsentPoint, at: datetime) -> bool:
    """Publish a point, for the first time or again; returns whether that is new. Raises campaigns.BrandClosed and
    TextNotApproved."""
    campaign = _lock_point(session, point)
    passive = select(Brand.id).join(Provider, Provider.id == Brand.provider_id).where(
        Brand.id == point.brand_id,
        or_(Brand.closed_at.is_not(None), Provider.suspended_at.is_not(None), Provider.left_at.is_not(None)),
    )  # fmt: skip
    if session.scalar(passive) is not None:
        raise campaigns.BrandClosed
    if campaign.launched_at and point.closed_at is None:
        return False
    if text_reviews.list_unapproved(session, campaign):  # Again: an approval may have been taken back.
        raise TextNotApproved
    # Its links are made one by one, not by the worker.
    campaign.launched_at = campaign.linked_at = campaign.launched_at or at
    point.closed_at = campaign.closed_at = None
    return True


def close_point(session: Session, point: ConsentPoint, at: datetime) -> bool:
    """Ask nobody any more, here or by links of earlier visitors, who can still refuse; returns whether that is new."""
    campaign = _lock_point(session, point)
    if point.closed_at is not None:
        return False
    point.closed_at = campaign.closed_at = at
    return True


def change_budget(session: Session, point: ConsentPoint, codes: int) -> None:
    """Set how many codes a day it may send, and reset its alarms. Raises BudgetTooHigh."""
    _check_budget(session, session.get_one(Provider, point.provider_id), codes, former=point)
    point.daily_budget, point.warned_on, point.alarmed_on = codes, None, None


def slug_prefix(provider: Provider, brand: Brand) -> str:
    """What all slugs of a brand begin with: its reviewed name, so that no address of ours names somebody else."""
    name = suggest_slug(brand.name)[:LONGEST_PREFIX].strip("-")
    return SANDBOX_PREFIX if provider.in_sandbox_mode else f"{name or brand.brand_code}-"


def _check_slug(session: Session, slug: str, prefix: str) -> str:
    if len(slug) < SHORTEST or not SLUG.fullmatch(slug):
        raise BadSlug
    if not f"{slug}-".startswith(prefix):
        slug = prefix + slug
    if len(slug) > LONGEST:
        raise BadSlug
    if session.scalar(select(ConsentPoint.id).where(ConsentPoint.slug == slug)) is not None:
        raise SlugTaken
    return slug


def _check_budget(session: Session, provider: Provider, codes: int, former: ConsentPoint | None = None) -> None:
    """Raise BudgetTooHigh. Sandbox providers also have one limit for all points, closed ones included."""
    most = MOST_CODES
    if provider.in_sandbox_mode:
        session.execute(select(Provider.id).where(Provider.id == provider.id).with_for_update())  # Queue up.
        theirs = select(func.coalesce(func.sum(ConsentPoint.daily_budget), 0)).where(
            ConsentPoint.provider_id == provider.id
        )
        taken = session.scalars(theirs).one() - (former.daily_budget if former else 0)
        most = max(min(SANDBOX_CODES, SANDBOX_CODES_IN_ALL - taken), 0)
    if not 1 <= codes <= most:
        raise BudgetTooHigh(most)


def _lock_point(session: Session, point: ConsentPoint) -> Campaign:
    """Lock a point; its campaign."""
    session.flush()
    session.refresh(point, with_for_update=True)
    return session.get_one(Campaign, point.campaign_id, populate_existing=True)
