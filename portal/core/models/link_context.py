"""Everything a recipient page needs about its link, with the current consents of the address, in one statement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache, reduce
from operator import add
from typing import Any

from sqlalchemy import Row, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from portal.core.iys_protocol.enums import Channel, RecipientType, Status
from portal.core.models.campaign import AudienceEntry, Campaign, CampaignKind, ConsentText, Delivery
from portal.core.models.decision import Decision, DecisionOrigin
from portal.core.models.provider import Brand, Provider
from portal.core.models.recipient import (
    Consent,
    Recipient,
    has_held_since,
    individuals_first,
    is_of_present_holder,
    latest,
)


class ClosureReason(StrEnum):
    """Why a link no longer asks, whatever its own state: it shows information and takes refusals."""

    GONE = "gone"  # The provider has left.
    SUSPENDED = "suspended"
    BRAND = "brand"  # The brand is closed.
    CAMPAIGN = "campaign"


@dataclass(frozen=True, slots=True)
class CurrentConsent:
    """The current consent on one channel: an individual's before a merchant's."""

    status: Status
    since: datetime
    recipient_type: RecipientType


@dataclass(frozen=True, slots=True)
class CurrentConsents:
    """The current consents of an address at a brand; and whether it is a merchant's (Regulation art. 6/3)."""

    held: dict[Channel, CurrentConsent]
    is_merchant: bool


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
    delivery: Delivery
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
    reassigned_anywhere_at: datetime | None
    channels: tuple[Channel, ...]
    closure: ClosureReason | None
    is_superseded: bool  # Newer links of the brand ask for all its channels.
    nonce: int = field(repr=False)  # Of the link; not logged: with the id it is the code.
    created_at: datetime
    current: CurrentConsents  # As it was read; nothing of another holder's.

    @property
    def is_permanent(self) -> bool:
        """Whether the firm puts it into mailings of its own (refusing_links.py), which carry no two words of ours."""
        return self.kind == CampaignKind.REFUSE and self.delivery == Delivery.POINT

    @property
    def held_since(self) -> datetime | None:
        """As Recipient.held_since."""
        return latest(self.reassigned_at, self.closed_at, self.reassigned_anywhere_at)

    def is_of_earlier_holder(self, created_at: datetime) -> bool:
        """Whether the link, created then, was made for who had the address before: it takes no grant."""
        return self.held_since is not None and self.held_since > created_at

    @property
    def was_disowned(self) -> bool:
        """Whether the present holder said to the firm that they are not the person meant."""
        return self.reassigned_at is not None and self.reassigned_at == self.held_since

    @property
    def was_closed(self) -> bool:
        """Whether the present holder has the address since its line was closed."""
        return self.closed_at is not None and self.closed_at == self.held_since


_closure = case(
    (Provider.suspended_at.is_not(None), ClosureReason.SUSPENDED.value),  # Also where it left afterwards.
    (Provider.left_at.is_not(None), ClosureReason.GONE.value),
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

_standing, _renewed = aliased(Decision), aliased(Decision)
# When who decided it did so. A renewal is of who refused first; one of a renewal is nobody's that we show. Looked up
# only where an address changed hands.
_decided_at = case(
    (~has_held_since(), Consent.effective_at),
    else_=select(
        case(
            (_standing.origin != DecisionOrigin.RENEWAL, _standing.effective_at),
            (_renewed.origin != DecisionOrigin.RENEWAL, _renewed.effective_at),
        )
    )
    .outerjoin(_renewed, _renewed.id == _standing.renews_id)
    .where(_standing.id == Consent.decision_id)
    .correlate(Consent)
    .scalar_subquery(),
)

# One row for each consent of the address at the brand; one with nulls where there is none.
LINK_CONTEXT = (
    select(
        AudienceEntry.link_id, AudienceEntry.provider_id, Campaign.brand_id, AudienceEntry.campaign_id,
        AudienceEntry.recipient_id, Recipient.address, Campaign.kind, Campaign.delivery, Campaign.text_id,
        Campaign.expires_at, Brand.brand_code, Provider.iys_code, func.coalesce(Brand.source, Provider.source),
        Brand.logo_digest, Brand.colour, Brand.requires_name, Recipient.reassigned_at, Recipient.closed_at,
        Recipient.reassigned_anywhere_at, AudienceEntry.channels, _closure, _channels_asked_later,
        Consent.channel, Consent.recipient_type, Consent.status, _decided_at,
    )
    .join(Campaign, Campaign.id == AudienceEntry.campaign_id)
    .join(Recipient, Recipient.id == AudienceEntry.recipient_id)
    .join(Brand, Brand.id == Campaign.brand_id)
    .join(Provider, Provider.id == AudienceEntry.provider_id)
    .outerjoin(Consent, and_(Consent.brand_id == Brand.id, Consent.recipient_id == Recipient.id))
    .where(AudienceEntry.link_id == bindparam("link_id"))
)  # fmt: skip
FIELDS, CONSENT_COLUMNS, ADDED_COLUMNS = 19, 22, 26  # Where the columns end that are fields; where the others begin.


def read_link_context(rows: Sequence[Row[*tuple[Any, ...]]], nonce: int, created_at: datetime) -> LinkContext:
    """The context of a link in the rows of LINK_CONTEXT, to which columns may have been added, such as the link's."""
    names, closure, asked_later = rows[0][FIELDS:CONSENT_COLUMNS]
    channels, bits = _read_channels(names)
    *_, reassigned_at, closed_at, reassigned_anywhere_at = fields = rows[0][:FIELDS]
    consents = (row[CONSENT_COLUMNS:ADDED_COLUMNS] for row in rows)
    derived: dict[str, Any] = {
        "channels": channels,
        "closure": ClosureReason(closure) if closure else None,
        "is_superseded": (asked_later or 0) & bits == bits,
        "nonce": nonce,
        "created_at": created_at,
        "current": _current_consents(consents, reassigned_at, latest(reassigned_at, closed_at, reassigned_anywhere_at)),
    }
    return LinkContext(*fields, **derived)


@cache
def _read_channels(names: str) -> tuple[tuple[Channel, ...], int]:
    """Channels in their order, and as a sum of BITS."""
    channels = tuple(Channel(each) for each in names.split(","))
    return channels, sum(BITS[channel] for channel in channels)


def load_consent_text(session: Session, text_id: int) -> ConsentText:
    """Load the text that a link shows."""
    return session.get_one(ConsentText, text_id)


def _current_consents(
    consents: Iterable[Sequence[Any]], reassigned_at: datetime | None, held_since: datetime | None
) -> CurrentConsents:
    is_told = held_since is None or held_since == reassigned_at  # Who said "not me" here refused all that there is.
    shown = [each for each in consents if each[0] and _is_shown(each, held_since, tells_of_earlier=is_told)]
    decided = ((channel, whose, (whose, status, since)) for channel, whose, status, since in shown if status and since)
    held = {  # A refusal is of every type, which may be an earlier holder's.
        channel: CurrentConsent(
            status, max(since, held_since or since),
            RecipientType.INDIVIDUAL if held_since and status == Status.REFUSED else recipient_type,
        )
        for channel, (recipient_type, status, since) in individuals_first(decided).items()
    }  # fmt: skip
    are_theirs = (each for each in shown if held_since is None or each[2] != Status.REFUSED)
    return CurrentConsents(held, any(each[1] == RecipientType.MERCHANT for each in are_theirs))


def _is_shown(consent: Sequence[Any], held_since: datetime | None, *, tells_of_earlier: bool) -> bool:
    """Of an earlier holder nothing: which channels a closed line ended, or they refused, tells what they decided."""
    _, recipient_type, status, effective_at = consent
    if held_since is None or (effective_at is not None and effective_at > held_since):
        return True
    is_theirs = effective_at is not None and is_of_present_holder(effective_at, held_since)
    return tells_of_earlier and is_theirs and (status, recipient_type) == (Status.REFUSED, RecipientType.INDIVIDUAL)
