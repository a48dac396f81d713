"""The links of a campaign with their addresses, for whoever sends them on their own."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

import shortlinks
from portal.core.extensions import vault
from portal.core.models import AudienceEntry, Brand, Campaign, CampaignKind, Consent, Recipient
from portal.domain.consents.may_send import is_refused
from portal.domain.providers.brands import link_base_url

CHUNK = 2000


@dataclass(frozen=True)
class LinkCount:
    """How many links of a campaign may be sent now, and of how many the address has refused since the launch."""

    links: int
    refused: int


def count_links(session: Session, campaign: Campaign) -> LinkCount:
    linked = select(func.count()).select_from(AudienceEntry).join(Recipient, Recipient.id == AudienceEntry.recipient_id)
    linked = linked.where(AudienceEntry.campaign_id == campaign.id, AudienceEntry.link_id.is_not(None))
    refused = session.execute(linked.where(_is_barred(campaign))).scalar_one()
    return LinkCount(session.execute(linked).scalar_one() - refused, refused)


def links_of(session: Session, campaign: Campaign, salt: str, link_base: str) -> Iterator[tuple[str, str]]:
    """(address, link) of every entry that has one and may still be sent it, read in chunks."""
    last, link_base = 0, link_base_url(session, campaign.brand_id, link_base)
    while True:
        rows = session.execute(
            select(AudienceEntry.id, AudienceEntry.link_id, shortlinks.Link.nonce, Recipient)
            .join(shortlinks.Link, shortlinks.Link.id == AudienceEntry.link_id)
            .join(Recipient, Recipient.id == AudienceEntry.recipient_id)
            .where(AudienceEntry.campaign_id == campaign.id, AudienceEntry.id > last, ~_is_barred(campaign))
            .order_by(AudienceEntry.id)
            .limit(CHUNK)
        ).all()
        if not rows:
            return
        last = rows[-1].id
        for row in rows:
            address = vault().read(row.Recipient.address, Recipient.PLACE, campaign.provider_id, row.Recipient.id)
            yield address, f"{link_base}/{shortlinks.code_of(salt, row.link_id, row.nonce)}"


def _is_barred(campaign: Campaign) -> ColumnElement[bool]:
    """The condition that a recipient must not get its link any more: it refused what carries it or what it asks for.

    Nor is whoever has the address by now asked, who is not the one that began the contact.
    """
    has_refused = (
        exists()
        .where(Consent.recipient_id == Recipient.id, Consent.brand_id == campaign.brand_id)
        .where(Consent.channel.in_(campaign.barring), Brand.id == Consent.brand_id, is_refused())
        .correlate(Recipient)
    )
    return or_(has_refused, Recipient.reassigned_at.is_not(None)) if campaign.kind == CampaignKind.ASK else has_refused
