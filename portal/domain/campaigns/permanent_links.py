"""Links behind a brand's permanent refusing addresses: of its campaign that only takes refusals and sends nothing."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, Campaign, CampaignKind, Delivery, Provider
from portal.domain.campaigns import default_texts
from portal.domain.campaigns.lifecycle import open_campaign

NAME = "Ret bağlantıları"  # Shown with what people do by them.


def find_refusing_campaign(session: Session, brand: Brand, at: datetime) -> Campaign:
    """The brand's, made where it has none."""
    own = select(Campaign).where(
        Campaign.brand_id == brand.id, Campaign.kind == CampaignKind.REFUSE, Campaign.delivery == Delivery.POINT
    )
    notice = brand.notice_url or session.get_one(Provider, brand.provider_id).notice_url
    return session.scalar(own.order_by(Campaign.id).limit(1)) or open_campaign(
        session, brand, name=NAME, kind=CampaignKind.REFUSE, channels=list(Channel),
        wording=default_texts.default_wording(brand.name, CampaignKind.REFUSE, notice), contact=None, expires_at=None,
        delivery=Delivery.POINT, at=at, today=clock.day(at),
    )  # fmt: skip
