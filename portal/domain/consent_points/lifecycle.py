"""Opening, publishing and closing a consent point: its slug, its campaign and its daily budget of codes."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import chain, count

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core import display_names, transliteration
from portal.core.ids import new_id
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, Campaign, CampaignKind, ConsentPoint, ContactKind, Delivery, Provider
from portal.domain import campaigns
from portal.domain.campaigns import text_reviews
from portal.domain.campaigns.text_reviews import TextNotApproved

MOST_CODES = 5000  # A day; several points can share more visitors.
LONGEST_NAME = 50  # Of a brand in a slug.
SANDBOX_CODES = 20  # Sandbox providers are not reviewed: they must not send many messages.
SANDBOX_CODES_IN_ALL = 60  # Of all points of a sandbox provider.


class SlugTaken(ValueError):
    """Another point got this slug at the same moment."""


class BudgetTooHigh(ValueError):
    """The budget exceeds `most`, the codes a day that the point may send."""

    def __init__(self, most: int):
        super().__init__(str(most))
        self.most = most


def open_point(
    session: Session, brand: Brand, *, name: str, channels: Sequence[Channel], wording: campaigns.Wording,
    daily_budget: int, at: datetime, today: date,
) -> ConsentPoint:  # fmt: skip
    """Create an unpublished point. Its visitors begin the contact themselves (checklist C-4).

    Raises SlugTaken and BudgetTooHigh.
    """
    provider = session.get_one(Provider, brand.provider_id)
    _check_budget(session, provider, daily_budget)
    campaign = campaigns.open_campaign(
        session, brand, name=name, kind=CampaignKind.ASK, channels=list(channels), wording=wording,
        contact=campaigns.Contact(ContactKind.REQUEST, today), expires_at=None, delivery=Delivery.POINT, at=at,
        today=today,
    )  # fmt: skip
    point = ConsentPoint(
        id=new_id(), provider_id=brand.provider_id, brand_id=brand.id, campaign_id=campaign.id,
        slug=_draw_slug(session, provider, brand), daily_budget=daily_budget, created_at=at,
    )  # fmt: skip
    session.add(point)
    _flush_slug(session)
    return point


def publish_point(session: Session, point: ConsentPoint, at: datetime) -> bool:
    """Publish a point, for the first time or again; returns whether that is new. Raises campaigns.BrandClosed,
    TextNotApproved and SlugTaken."""
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
    if campaign.launched_at is None:  # Nobody has its address on paper yet.
        _renew_slug(session, point)
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


def is_drawn(slug: str, brand_name: str, brand_code: int) -> bool:
    """Whether a slug is a brand's present name and perhaps a short number; once firms chose them."""
    drawn = _slug_of(brand_name, brand_code)
    name, _, number = slug.rpartition("-")
    return slug == drawn or (name == drawn and number.isdecimal() and len(number) < 5)


def _slug_of(name: str, brand_code: int) -> str:
    """The whole words of the name that fit, or else the code: a part of a word can be another's name."""
    return transliteration.slug(name, LONGEST_NAME) or str(brand_code)


def _draw_slug(session: Session, provider: Provider, brand: Brand) -> str:
    """A free slug: the brand's reviewed name, in sandbox mode what we call it, and a number. Messages of ours carry it
    to strangers, so no word of it is the firm's to choose."""
    slug = _slug_of(_name_in_slug(provider, brand), brand.brand_code)
    taken = set(session.scalars(select(ConsentPoint.slug).where(ConsentPoint.slug.startswith(slug))))
    return next(each for each in chain([slug], (f"{slug}-{number}" for number in count(2))) if each not in taken)


def _renew_slug(session: Session, point: ConsentPoint) -> None:
    """Draw another slug where it has a name that the brand no longer has: it was changed, or taken back."""
    provider = session.get_one(Provider, point.provider_id)
    brand = session.get_one(Brand, point.brand_id, populate_existing=True)
    if not is_drawn(point.slug, _name_in_slug(provider, brand), brand.brand_code):
        point.slug = _draw_slug(session, provider, brand)
        _flush_slug(session)


def _flush_slug(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as taken:
        raise SlugTaken from taken


def _name_in_slug(provider: Provider, brand: Brand) -> str:
    return display_names.trial_name(brand.brand_code) if provider.in_sandbox_mode else brand.name


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
