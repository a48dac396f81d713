"""Campaigns that wait for their launch: one audience, asked by as many brands of its provider."""

from sqlalchemy import insert, literal, select

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import AudienceEntry, Brand, Campaign
from portal.domain import campaigns
from tests import make


def campaigns_over(pasted: str, count: int) -> list[Campaign]:
    """That many campaigns over the same addresses; a brand each, since a brand asks an address only once."""
    first, *others = [make.campaign() for _ in range(count)]
    make.add_to_audience(first, pasted)
    for number, campaign in enumerate(others, start=1):
        campaign.brand_id = _another_brand(campaign, number)
        _copy_audience(first, campaign, number)
    db.session.commit()
    return [first, *others]


def launched(campaign: Campaign) -> int:
    """Close its audience; its id, for the worker."""
    campaigns.launch(db.session, campaign, clock.now())
    db.session.commit()
    return campaign.id


def _another_brand(campaign: Campaign, number: int) -> int:
    brand = Brand(
        provider_id=campaign.provider_id, brand_code=make.BRAND_CODE + number, name=f"Marka {number}",
        created_at=clock.now(),
    )  # fmt: skip
    db.session.add(brand)
    db.session.flush()
    return brand.id


def _copy_audience(first: Campaign, campaign: Campaign, number: int) -> None:
    """Inside the database, since bringing a list ten times takes minutes; ids a few minutes apart are free."""
    entry = AudienceEntry.__table__.c
    copies = select(
        entry.id + number * (1 << 40), entry.provider_id, literal(campaign.id), entry.recipient_id, entry.channels
    ).where(entry.campaign_id == first.id)
    columns = ["id", "provider_id", "campaign_id", "recipient_id", "channels"]
    db.session.execute(insert(AudienceEntry.__table__).from_select(columns, copies))
