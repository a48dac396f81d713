"""What a personal link leads to: whose it is, what it offers and which text it shows, read in one statement."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import and_, bindparam, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from portal.core.iys_protocol.enums import Channel, RecipientType, Status
from portal.core.models.campaign import AudienceEntry, Campaign, CampaignKind, ConsentText, Delivery
from portal.core.models.provider import Brand, Provider
from portal.core.models.recipient import Consent, Recipient


class ClosureReason(StrEnum):
    """Why a link asks no more, whatever its own state: it explains itself and takes refusals."""

    DISOWNED = "disowned"  # Who has the address said that it is not the one who was meant.
    GONE = "gone"  # The provider is with us no more.
    SUSPENDED = "suspended"
    BRAND = "brand"  # Passive.
    CAMPAIGN = "campaign"


@dataclass(frozen=True, slots=True)
class LinkContext:
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
    requires_name: bool
    reassigned_at: datetime | None
    closure: ClosureReason | None
    is_superseded: bool  # A newer link of the brand asks for all that this one asks for.


@dataclass(frozen=True, slots=True)
class CurrentConsent:
    """What holds on one channel: a refusal before a grant, and the person's own word before a merchant's."""

    status: Status
    since: datetime
    recipient_type: RecipientType


@dataclass(frozen=True, slots=True)
class CurrentConsents:
    """What holds for an address at a brand, by channel; and whether it is a merchant's (Regulation art. 6/3)."""

    held: dict[Channel, CurrentConsent]
    is_merchant: bool


_was_reassigned = and_(Recipient.reassigned_at > Campaign.created_at, Campaign.delivery != Delivery.POINT)
_closure = case(
    (_was_reassigned, ClosureReason.DISOWNED.value),
    (Provider.left_at.is_not(None), ClosureReason.GONE.value),
    (Provider.suspended_at.is_not(None), ClosureReason.SUSPENDED.value),
    (Brand.closed_at.is_not(None), ClosureReason.BRAND.value),
    (Campaign.closed_at.is_not(None), ClosureReason.CAMPAIGN.value),
)
BITS = {channel: 1 << place for place, channel in enumerate(Channel)}
_Newer, _Theirs = aliased(Campaign), aliased(AudienceEntry)
# The channels that newer links ask for, as the sum of their bits. A link gets its id when it is made; written so that
# it is found by its campaign and recipient, and not by looking through all that are newer.
_channels_asked_later = (
    select(sum(func.max(case((_Theirs.channels.contains(each.value), bit), else_=0)) for each, bit in BITS.items()))
    .join(_Newer, _Newer.id == _Theirs.campaign_id)
    .where(
        _Newer.brand_id == Campaign.brand_id,
        _Newer.kind == CampaignKind.ASK,
        _Newer.closed_at.is_(None),
        or_(_Newer.created_at > Campaign.created_at, _Newer.delivery == Delivery.POINT),
        _Theirs.recipient_id == AudienceEntry.recipient_id,
        _Theirs.link_id + 0 > AudienceEntry.link_id,
    )
    .correlate(Campaign, AudienceEntry)
    .scalar_subquery()
)

LINK_CONTEXT = (
    select(
        AudienceEntry.link_id, AudienceEntry.provider_id, Campaign.brand_id, Campaign.id, AudienceEntry.recipient_id,
        Recipient.address, Campaign.kind, AudienceEntry.channels, Campaign.text_id, Campaign.expires_at,
        Brand.brand_code, Provider.iys_code,
        func.coalesce(Brand.source, Provider.source), Brand.logo_digest, Brand.colour, Brand.requires_name,
        Recipient.reassigned_at, _closure, _channels_asked_later,
    )
    .join(Campaign, Campaign.id == AudienceEntry.campaign_id)
    .join(Recipient, Recipient.id == AudienceEntry.recipient_id)
    .join(Brand, Brand.id == Campaign.brand_id)
    .join(Provider, Provider.id == AudienceEntry.provider_id)
    .where(AudienceEntry.link_id == bindparam("link_id"))
)  # fmt: skip

CURRENT_CONSENTS = select(Consent.channel, Consent.recipient_type, Consent.status, Consent.effective_at).where(
    Consent.brand_id == bindparam("brand_id"), Consent.recipient_id == bindparam("recipient_id")
)


def load_link_context(session: Session, link_id: int) -> LinkContext | None:
    """What the link leads to, or None where its campaign is gone."""
    row = session.connection().execute(LINK_CONTEXT, {"link_id": link_id}).one_or_none()
    if row is None:
        return None
    *values, closure, asked_anew = row
    values[7] = channels = tuple(Channel(each) for each in values[7].split(","))
    mine = sum(BITS[channel] for channel in channels)
    return LinkContext(*values, ClosureReason(closure) if closure else None, (asked_anew or 0) & mine == mine)


def load_consent_text(session: Session, text_id: int) -> ConsentText:
    """The text a link shows."""
    return session.get_one(ConsentText, text_id)


def load_current_consents(session: Session, invitation: LinkContext) -> CurrentConsents:
    """What holds now for the address at this brand."""
    whose = {"brand_id": invitation.brand_id, "recipient_id": invitation.recipient_id}
    rows = session.connection().execute(CURRENT_CONSENTS, whose).all()
    told = sorted((row for row in rows if row.status), key=_precedence)
    held = {row.channel: CurrentConsent(row.status, row.effective_at, row.recipient_type) for row in told}
    return CurrentConsents(held, any(row.recipient_type == RecipientType.MERCHANT for row in rows))


def _precedence(row) -> tuple[bool, bool]:
    return row.status == Status.REFUSED, row.recipient_type == RecipientType.INDIVIDUAL
