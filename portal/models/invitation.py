"""What a personal link leads to: whose it is, what it offers and which text it shows, read in one statement."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from portal.models.campaign import AudienceEntry, Campaign, CampaignKind, ConsentText
from portal.models.provider import Brand, Provider
from portal.models.recipient import Consent, Recipient
from portal.registry.words import Channel


@dataclass(frozen=True, slots=True)
class Invitation:
    """One link's campaign, recipient and sender. `address` is sealed; `channels` are those this address can serve."""

    link_id: int
    provider_id: int
    brand_id: int
    campaign_id: int
    recipient_id: int
    address: bytes
    kind: CampaignKind
    channels: tuple[Channel, ...]
    text_id: int
    expires_at: datetime | None
    brand_code: int
    iys_code: int
    source: str
    logo_digest: str | None
    colour: str | None
    is_closed: bool  # The brand is passive or its provider suspended: explained, refused, and no longer granted.


INVITATION = (
    select(
        AudienceEntry.link_id, AudienceEntry.provider_id, Campaign.brand_id, Campaign.id, AudienceEntry.recipient_id,
        Recipient.address, Campaign.kind, AudienceEntry.channels, Campaign.text_id, Campaign.expires_at,
        Brand.brand_code, Provider.iys_code,
        func.coalesce(Brand.source, Provider.source), Brand.logo_digest, Brand.colour,
        or_(Brand.closed_at.is_not(None), Provider.suspended_at.is_not(None)),
    )
    .join(Campaign, Campaign.id == AudienceEntry.campaign_id)
    .join(Recipient, Recipient.id == AudienceEntry.recipient_id)
    .join(Brand, Brand.id == Campaign.brand_id)
    .join(Provider, Provider.id == AudienceEntry.provider_id)
    .where(AudienceEntry.link_id == bindparam("link_id"))
)  # fmt: skip

HEADS = select(Consent.channel, Consent.status, Consent.effective_at).where(
    Consent.brand_id == bindparam("brand_id"), Consent.recipient_id == bindparam("recipient_id")
)


def invitation_of(session: Session, link_id: int) -> Invitation | None:
    """What the link leads to, or None where its campaign is gone."""
    row = session.connection().execute(INVITATION, {"link_id": link_id}).one_or_none()
    if row is None:
        return None
    values = list(row)
    values[7] = tuple(Channel(each) for each in values[7].split(","))
    return Invitation(*values)


def text_of(session: Session, text_id: int) -> ConsentText:
    """The text a link shows."""
    return session.get_one(ConsentText, text_id)


def heads_of(session: Session, invitation: Invitation) -> dict[Channel, tuple]:
    """What holds now for the address at this brand: {channel: (status, effective_at)}, a refusal before a grant."""
    whose = {"brand_id": invitation.brand_id, "recipient_id": invitation.recipient_id}
    rows = session.connection().execute(HEADS, whose)
    heads = sorted((row for row in rows if row.status), key=lambda row: row.status)  # "ONAY" < "RET": RET stays.
    return {row.channel: (row.status, row.effective_at) for row in heads}
