"""Campaigns that wait for their launch: one audience, asked by as many brands of its provider."""

from datetime import timedelta

from sqlalchemy import insert, literal, select

from portal import accounts, campaigns, clock, wording
from portal.extensions import db, vault
from portal.imports import audience
from portal.imports.reading import read
from portal.models import AudienceEntry, Brand, Campaign, CampaignKind, ContactKind, Delivery
from portal.registry import Channel
from tests import make


def campaigns_over(pasted: str, count: int) -> list[Campaign]:
    """That many campaigns over the same addresses; a brand each, since a brand asks an address only once."""
    brands = {make.BRAND_CODE + number: f"Marka {number}" for number in range(count)}
    accounts.open_provider(
        db.session, iys_code=make.IYS_CODE, title="Örnek Mağazacılık A.Ş.", mersis="0123456789012345",
        contact="0850 123 45 67", brands=brands, at=clock.now(),
    )  # fmt: skip
    first, *others = [_open(brand) for brand in db.session.scalars(select(Brand).order_by(Brand.id))]
    audience.bring(db.session, vault(), first, read(pasted), None, clock.now())
    for number, campaign in enumerate(others, start=1):
        _copy_audience(first, campaign, number)
    db.session.commit()
    return [first, *others]


def launched(campaign: Campaign) -> int:
    """Close its audience; its id, for the worker."""
    campaigns.launch(db.session, campaign, clock.now())
    db.session.commit()
    return campaign.id


def _copy_audience(first: Campaign, campaign: Campaign, number: int) -> None:
    """Inside the database, since bringing a list ten times takes minutes; ids a few minutes apart are free."""
    entry = AudienceEntry.__table__.c
    copies = select(
        entry.id + number * (1 << 40), entry.provider_id, literal(campaign.id), entry.recipient_id, entry.channels
    ).where(entry.campaign_id == first.id)
    columns = ["id", "provider_id", "campaign_id", "recipient_id", "channels"]
    db.session.execute(insert(AudienceEntry.__table__).from_select(columns, copies))


def _open(brand: Brand) -> Campaign:
    at = clock.now()
    return campaigns.open_campaign(
        db.session, brand, name="Hoş geldiniz", kind=CampaignKind.ASK, channels=list(Channel),
        wording=wording.usual(brand.name, CampaignKind.ASK),
        contact=campaigns.Contact(ContactKind.PURCHASE, clock.day(at)),
        expires_at=at + timedelta(days=30), delivery=Delivery.CSV, at=at, today=clock.day(at),
    )  # fmt: skip
