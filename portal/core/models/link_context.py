"""Everything a recipient page needs about its link, in one statement, and the current consents of the address."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import Row, bindparam, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from portal.core.iys_protocol.enums import Channel, RecipientType, Status
from portal.core.models.campaign import AudienceEntry, Campaign, CampaignKind, ConsentText, Delivery
from portal.core.models.provider import Brand, Provider
from portal.core.models.recipient import Consent, Recipient, latest


class ClosureReason(StrEnum):
    """Why a link no longer asks, whatever its own state: it shows information and takes refusals."""

    GONE = "gone"  # The provider has left.
    SUSPENDED = "suspended"
    BRAND = "brand"  # The brand is closed.
    CAMPAIGN = "campaign"


@dataclass(frozen=True, slots=True)
class LinkContext:
    """A link's campaign, recipient and sender. `address` is encrypted; `channels` are those of this address."""

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
    closed_at: datetime | None  # Of the line.
    closure: ClosureReason | None
    is_superseded: bool  # Newer links of the brand ask for all its channels.

    @property
    def held_since(self) -> datetime | None:
        """As Recipient.held_since."""
        return latest(self.reassigned_at, self.closed_at)

    @property
    def was_disowned(self) -> bool:
        """Whether the present holder said that they are not the person meant."""
        return self.reassigned_at is not None and self.reassigned_at == self.held_since


@dataclass(frozen=True, slots=True)
class CurrentConsent:
    """The current consent on one channel: a refusal before a grant, an individual's before a merchant's."""

    status: Status
    since: datetime
    recipient_type: RecipientType


@dataclass(frozen=True, slots=True)
class CurrentConsents:
    """The current consents of an address at a brand; and whether it is a merchant's (Regulation art. 6/3)."""

    held: dict[Channel, CurrentConsent]
    is_merchant: bool


_closure = case(
    (Provider.left_at.is_not(None), ClosureReason.GONE.value),
    (Provider.suspended_at.is_not(None), ClosureReason.SUSPENDED.value),
    (Brand.closed_at.is_not(None), ClosureReason.BRAND.value),
    (Campaign.closed_at.is_not(None), ClosureReason.CAMPAIGN.value),
)
BITS = {channel: 1 << place for place, channel in enumerate(Channel)}
_LaterCampaign, _Later = aliased(Campaign), aliased(AudienceEntry)
# The channels that newer links ask for, as a sum of BITS. Link ids ascend; `+ 0` keeps the planner from scanning all
# newer links instead of looking up campaign and recipient.
_bits_asked = [func.max(case((_Later.channels.contains(each.value), bit), else_=0)) for each, bit in BITS.items()]
_channels_asked_later = (
    select(reduce(add, _bits_asked))
    .join(_LaterCampaign, _LaterCampaign.id == _Later.campaign_id)
    .where(
        _LaterCampaign.brand_id == Campaign.brand_id,
        _LaterCampaign.kind == CampaignKind.ASK,
        _LaterCampaign.closed_at.is_(None),
        or_(_LaterCampaign.created_at > Campaign.created_at, _LaterCampaign.delivery == Delivery.POINT),
        _Later.recipient_id == AudienceEntry.recipient_id,
        _Later.left_out.is_(None),  # Else its message was withdrawn.
        _Later.link_id + 0 > AudienceEntry.link_id,
    )
    .correlate(Campaign, AudienceEntry)
    .scalar_subquery()
)

LINK_CONTEXT = (
    select(
        AudienceEntry.link_id, AudienceEntry.provider_id, Campaign.brand_id, AudienceEntry.campaign_id,
        AudienceEntry.recipient_id, Recipient.address, Campaign.kind, AudienceEntry.channels, Campaign.text_id,
        Campaign.expires_at, Brand.brand_code, Provider.iys_code,
        func.coalesce(Brand.source, Provider.source).label("source"), Brand.logo_digest, Brand.colour,
        Brand.requires_name, Recipient.reassigned_at, Recipient.closed_at, _closure.label("closure"),
        _channels_asked_later.label("asked_later"),
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
    """Load a link's context; None if its campaign is gone."""
    row = session.connection().execute(LINK_CONTEXT, {"link_id": link_id}).one_or_none()
    if row is None:
        return None
    values = dict(row._mapping)
    channels = tuple(Channel(each) for each in values.pop("channels").split(","))
    closure, asked_later = values.pop("closure"), values.pop("asked_later") or 0
    own = sum(BITS[channel] for channel in channels)
    return LinkContext(
        **values,
        channels=channels,
        closure=ClosureReason(closure) if closure else None,
        is_superseded=asked_later & own == own,
    )


def load_consent_text(session: Session, text_id: int) -> ConsentText:
    """Load the text that a link shows."""
    return session.get_one(ConsentText, text_id)


def load_current_consents(session: Session, link: LinkContext) -> CurrentConsents:
    """Load the current consents of the link's address at its brand. Of another holder's, only that a channel is
    refused stays, without its day."""
    key = {"brand_id": link.brand_id, "recipient_id": link.recipient_id}
    rows = [row for row in session.connection().execute(CURRENT_CONSENTS, key) if _is_shown(row, link.held_since)]
    by_precedence = sorted(
        rows, key=lambda row: (row.status == Status.REFUSED, row.recipient_type == RecipientType.INDIVIDUAL)
    )
    held = {  # The last one of a channel wins.
        row.channel: CurrentConsent(
            row.status, max(row.effective_at, link.held_since or row.effective_at), row.recipient_type
        )
        for row in by_precedence
        if row.status and row.effective_at
    }
    return CurrentConsents(held, any(row.recipient_type == RecipientType.MERCHANT for row in rows))


def _is_shown(row: Row[*tuple[Any, ...]], held_since: datetime | None) -> bool:
    is_anothers = held_since is not None and (row.effective_at is None or row.effective_at < held_since)
    is_refused: bool = row.status == Status.REFUSED
    return not is_anothers or (is_refused and row.recipient_type == RecipientType.INDIVIDUAL)
