"""Links behind a brand's permanent refusing addresses: of its campaign that only takes refusals and sends nothing.

They stand in each mailing of the brand's, so the journal has what they need to be answered: they outlive the database.
Links by which somebody granted come back by it as such ones: the confirmation of the grant says that they refuse.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

import shortlinks
from portal.core import clock
from portal.core.iys_protocol import Channel
from portal.core.models import AudienceEntry, Brand, Campaign, CampaignKind, Delivery, Provider, Recipient
from portal.domain.campaigns import default_texts
from portal.domain.campaigns.lifecycle import open_campaign

NAME = "Ret bağlantıları"  # Shown with what people do by them.
IS_PERMANENT = Campaign.kind == CampaignKind.REFUSE, Campaign.delivery == Delivery.POINT


def find_refusing_campaign(session: Session, brand: Brand, at: datetime) -> Campaign:
    """The brand's, made where it has none."""
    own = select(Campaign).where(Campaign.brand_id == brand.id, *IS_PERMANENT)
    notice = brand.notice_url or session.get_one(Provider, brand.provider_id).notice_url
    return session.scalar(own.order_by(Campaign.id).limit(1)) or open_campaign(
        session, brand, name=NAME, kind=CampaignKind.REFUSE, channels=list(Channel),
        wording=default_texts.default_wording(brand.name, CampaignKind.REFUSE, notice), contact=None, expires_at=None,
        delivery=Delivery.POINT, at=at, today=clock.day(at),
    )  # fmt: skip


def journalled_links() -> Select[*tuple[Any, ...]]:
    """Links as the journal has them (journal_records.REFUSING_LINK): of all campaigns, unless a condition is added."""
    link = shortlinks.Link
    return (
        select(
            link.id, link.nonce, link.created_at, AudienceEntry.provider_id, Campaign.brand_id,
            AudienceEntry.recipient_id, AudienceEntry.channels, Recipient.address,
        )
        .join(AudienceEntry, AudienceEntry.link_id == link.id)
        .join(Campaign, Campaign.id == AudienceEntry.campaign_id)
        .join(Recipient, Recipient.id == AudienceEntry.recipient_id)
    )  # fmt: skip
