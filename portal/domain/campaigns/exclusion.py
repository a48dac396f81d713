"""Who must not get a campaign's link: one rule for its launch, for each message before it leaves, for each download.

Nobody gets a link over a channel that they refused (Law 6563 art. 8/3), and nobody is asked after a refusal, or without
a contact that they began (checklist C-4).
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, exists, or_, select
from sqlalchemy.orm import Session

import shortlinks
from portal.core.models import (
    AudienceEntry,
    Brand,
    Campaign,
    CampaignKind,
    Consent,
    ExclusionReason,
    Recipient,
    is_undeliverable,
    may_have_refused,
)
from portal.core.models.recipient import has_changed_hands

BETWEEN_OFFERS = timedelta(days=90)  # In which one brand's refusing campaigns reach a person once.


def is_excluded(campaign: Campaign, refused: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition that a recipient must not get this campaign's link, or not any more; the statement selects from
    Recipient. `refused` is the condition that a consent is refused, here or at İYS (may_send.is_refused)."""
    return or_(*(condition for condition, _ in _rules(campaign, refused)))


def exclusion_reason(campaign: Campaign, refused: ColumnElement[bool]) -> ColumnElement[ExclusionReason]:
    """Why, as the value of an ExclusionReason; null for all others."""
    return case(*((condition, reason.value) for condition, reason in _rules(campaign, refused)))


def find_excluded(
    session: Session, campaign: Campaign, recipient_ids: Collection[int | None], refused: ColumnElement[bool]
) -> dict[int, ExclusionReason]:
    """Those of the recipients that must not get the link, with the reason. Call with ≤ 5,000."""
    rows = select(Recipient.id, exclusion_reason(campaign, refused)).where(
        Recipient.id.in_(recipient_ids), is_excluded(campaign, refused)
    )
    return {recipient_id: ExclusionReason(reason) for recipient_id, reason in session.execute(rows)}


def find_offered_lately(session: Session, campaign: Campaign, recipient_ids: Collection[int], at: datetime) -> set[int]:
    """Those for whom another refusing campaign of the brand made a link in the last 90 days."""
    others = select(Campaign.id).where(
        Campaign.brand_id == campaign.brand_id,
        Campaign.kind == CampaignKind.REFUSE,
        Campaign.id != campaign.id,
        Campaign.launched_at.is_not(None),
    )
    reached = (
        select(AudienceEntry.recipient_id)
        .join(shortlinks.Link, shortlinks.Link.id == AudienceEntry.link_id)
        .where(AudienceEntry.campaign_id.in_(others), AudienceEntry.recipient_id.in_(recipient_ids))
        .where(shortlinks.Link.created_at > at - BETWEEN_OFFERS)
    )
    return set(session.scalars(reached))


def _rules(campaign: Campaign, refused: ColumnElement[bool]) -> tuple[tuple[ColumnElement[bool], ExclusionReason], ...]:
    """The first one that is true of a recipient counts."""
    has_refused = (
        exists()
        .where(Consent.recipient_id == Recipient.id, Consent.brand_id == campaign.brand_id)
        .where(Consent.channel.in_(campaign.barring), Brand.id == Consent.brand_id, refused)
        .correlate(Recipient)
    )
    rules = (
        (has_refused, ExclusionReason.REFUSED),
        (may_have_refused(Recipient.id), ExclusionReason.UNREAD_REPLY),
        (is_undeliverable(Recipient.id), ExclusionReason.NO_ADDRESS),
    )
    if campaign.kind != CampaignKind.ASK:
        return rules
    return (*rules, (has_changed_hands(), ExclusionReason.CHANGED_HANDS))
