"""The links of a campaign with their addresses, for whoever sends them on their own."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

import shortlinks
from portal.core.extensions import vault
from portal.core.models import AudienceEntry, Campaign, Recipient
from portal.domain.providers.brands import link_base_url

CHUNK = 2000


def links_of(session: Session, campaign: Campaign, salt: str, link_base: str) -> Iterator[tuple[str, str]]:
    """(address, link) of every entry that has one, read in chunks."""
    last, link_base = 0, link_base_url(session, campaign.brand_id, link_base)
    while True:
        rows = session.execute(
            select(AudienceEntry.id, AudienceEntry.link_id, shortlinks.Link.nonce, Recipient)
            .join(shortlinks.Link, shortlinks.Link.id == AudienceEntry.link_id)
            .join(Recipient, Recipient.id == AudienceEntry.recipient_id)
            .where(AudienceEntry.campaign_id == campaign.id, AudienceEntry.id > last)
            .order_by(AudienceEntry.id)
            .limit(CHUNK)
        ).all()
        if not rows:
            return
        last = rows[-1].id
        for row in rows:
            address = vault().read(row.Recipient.address, Recipient.PLACE, campaign.provider_id, row.Recipient.id)
            yield address, f"{link_base}/{shortlinks.code_of(salt, row.link_id, row.nonce)}"
