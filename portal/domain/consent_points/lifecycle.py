"""Opening a point: an address of its own, a campaign that asks nobody but who comes, and so many codes a day."""

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
from portal.domain.consent_points.lookup import SLUG

SHORTEST, LONGEST = 3, 60
MOST_CODES = 5000  # A day. Who expects more visitors divides them among several points.
# Nobody has looked at who practises yet: it must not send many messages, nor take a well-known name as its address.
SANDBOX_CODES, SANDBOX_PREFIX = 20, "deneme-"
PRACTICE_IN_ALL = 60  # Of all its points: opening one costs nothing.


class BadSlug(ValueError):
    """Not 3 to 60 small letters, digits and single hyphens between them."""


class SlugTaken(ValueError):
    """Another point has this address."""


class BudgetTooHigh(ValueError):
    """More codes a day than a point may send; `most` is how many it may."""

    def __init__(self, most: int):
        super().__init__(str(most))
        self.most = most


def suggest_slug(name: str) -> str:
    """A name as a part of an address."""
    return re.sub(r"[^a-z0-9]+", "-", ascii_only(name).lower())[:LONGEST].strip("-")


def open_point(
    session: Session, brand: Brand, *, slug: str, name: str, channels: Sequence[Channel], wording: campaigns.Wording,
    daily_budget: int, at: datetime, today: date,
) -> ConsentPoint:  # fmt: skip
    """A point that nobody can use yet. Whoever comes there has begun the contact (checklist C-4).

    Raises BadSlug, SlugTaken and BudgetTooHigh.
    """
    provider = session.get_one(Provider, brand.provider_id)
    slug = _checked(session, slug, in_sandbox_mode=provider.in_sandbox_mode)
    _limit(session, provider, daily_budget)
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
    """Let people come, for the first time or again; whether that is new. Raises campaigns.BrandClosed."""
    campaign = _locked(session, point)
    passive = select(Brand.id).join(Provider, Provider.id == Brand.provider_id).where(
        Brand.id == point.brand_id,
        or_(Brand.closed_at.is_not(None), Provider.suspended_at.is_not(None), Provider.left_at.is_not(None)),
    )  # fmt: skip
    if session.scalar(passive) is not None:
        raise campaigns.BrandClosed
    if campaign.launched_at and point.closed_at is None:
        return False
    # Its links are made one by one: the worker has nothing to do.
    campaign.launched_at = campaign.linked_at = campaign.launched_at or at
    point.closed_at = campaign.closed_at = None
    return True


def close_point(session: Session, point: ConsentPoint, at: datetime) -> bool:
    """Ask nobody any more, neither here nor by the links of who came; refusals go on. Whether that is new."""
    campaign = _locked(session, point)
    if point.closed_at is not None:
        return False
    point.closed_at = campaign.closed_at = at
    return True


def change_budget(session: Session, point: ConsentPoint, codes: int) -> None:
    """Let it send so many codes a day, and tell anew when they run out. Raises BudgetTooHigh."""
    _limit(session, session.get_one(Provider, point.provider_id), codes, former=point)
    point.daily_budget, point.warned_on, point.alarmed_on = codes, None, None


def _checked(session: Session, slug: str, *, in_sandbox_mode: bool) -> str:
    if in_sandbox_mode and not slug.startswith(SANDBOX_PREFIX):
        slug = SANDBOX_PREFIX + slug
    if not SHORTEST <= len(slug) <= LONGEST or not SLUG.fullmatch(slug):
        raise BadSlug
    if session.scalar(select(ConsentPoint.id).where(ConsentPoint.slug == slug)) is not None:
        raise SlugTaken
    return slug


def _limit(session: Session, provider: Provider, codes: int, former: ConsentPoint | None = None) -> None:
    """Raise BudgetTooHigh where a point may not send so many; of who practises all points count, closed ones too."""
    most = MOST_CODES
    if provider.in_sandbox_mode:
        session.execute(select(Provider.id).where(Provider.id == provider.id).with_for_update())  # Two at once are two.
        theirs = select(func.coalesce(func.sum(ConsentPoint.daily_budget), 0)).where(
            ConsentPoint.provider_id == provider.id
        )
        taken = session.scalar(theirs) - (former.daily_budget if former else 0)
        most = max(min(SANDBOX_CODES, PRACTICE_IN_ALL - taken), 0)
    if not 1 <= codes <= most:
        raise BudgetTooHigh(most)


def _locked(session: Session, point: ConsentPoint) -> Campaign:
    """Its campaign. Two who open and close at once come one by one."""
    session.flush()
    session.refresh(point, with_for_update=True)
    return session.get_one(Campaign, point.campaign_id, populate_existing=True)
