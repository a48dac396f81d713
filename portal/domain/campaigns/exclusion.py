"""Who must not get a campaign's link: one rule for its launch, for each message before it leaves, for each download.

Nobody gets a link over a channel that they refused (Law 6563 art. 8/3), by whichever spelling of their mailbox, and
nobody is asked after a refusal, or without a contact that they began (checklist C-4). Only who may be messaged is asked
to confirm a consent (Regulation art. 5/3), and of one brand's campaigns that refuse, or reconfirm, one reaches a person
in 90 days.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import ColumnElement, and_, case, exists, literal, literal_column, or_, select
from sqlalchemy.orm import Session

import shortlinks
from portal.core.database import is_one_of
from portal.core.iys_protocol import MESSAGE_CHANNELS, Channel
from portal.core.models import (
    AudienceEntry,
    AudienceList,
    Brand,
    Campaign,
    CampaignKind,
    Consent,
    ExclusionReason,
    Message,
    Recipient,
    has_mailbox_refusal,
    is_undeliverable,
    may_have_refused,
)
from portal.core.models.recipient import has_changed_hands_after, has_held_since, has_own_held_since
from portal.core.models.trial_refusals import has_unrepeated

BETWEEN_OFFERS = timedelta(days=90)
# The conditions that a consent is refused, here or at İYS, and that messages may be sent on it (may_send.standing).
Standing = tuple[ColumnElement[bool], ColumnElement[bool]]
Rules = tuple[tuple[ColumnElement[bool], ExclusionReason], ...]


def is_excluded(campaign: Campaign, standing: Standing, at: datetime) -> ColumnElement[bool]:
    """The condition that a recipient must not get this campaign's link, or not any more; the statement selects from
    Recipient."""
    return or_(*(condition for condition, _ in _rules(campaign, standing, at)))


def exclusion_reason(campaign: Campaign, standing: Standing, at: datetime) -> ColumnElement[ExclusionReason]:
    """Why, as the value of an ExclusionReason; null for all others."""
    return case(*((condition, reason.value) for condition, reason in _rules(campaign, standing, at)))


def find_excluded(
    session: Session, campaign: Campaign, recipient_ids: Collection[int | None], standing: Standing,
    at: datetime,
) -> dict[int, ExclusionReason]:  # fmt: skip
    """Those of the recipients that must not get the link, with the reason. Call with ≤ 5,000."""
    asked = is_one_of(session, Recipient.id, recipient_ids)
    rows = session.execute(select(Recipient.id, exclusion_reason(campaign, standing, at)).where(asked))
    return {recipient_id: ExclusionReason(reason) for recipient_id, reason in rows if reason}


def _rules(campaign: Campaign, standing: Standing, at: datetime) -> Rules:
    """The first one that is true of a recipient counts."""
    refused, permitted = standing
    rules = [
        (_has_consent(campaign, Consent.channel.in_(campaign.barring), refused), ExclusionReason.REFUSED),
        (_has_refused_otherwise(campaign.brand_id, tuple(sorted(campaign.barring))), ExclusionReason.REFUSED),
        (may_have_refused(Recipient.id), ExclusionReason.UNREAD_REPLY),
        (is_undeliverable(Recipient.id), ExclusionReason.NO_ADDRESS),
        (and_(has_held_since(), _was_chosen_before(campaign)), ExclusionReason.CHANGED_HANDS),
    ]
    if campaign.kind == CampaignKind.ASK:
        rules.append((has_own_held_since(), ExclusionReason.CHANGED_HANDS))
    if campaign.kind.takes_grants:
        rules.append((and_(has_held_since(), _has_link_of_earlier_holder(campaign)), ExclusionReason.CHANGED_HANDS))
    if campaign.kind == CampaignKind.RECONFIRM:
        is_own = ~has_changed_hands_after(Consent.effective_at)  # Its text tells what they granted.
        carrier = _has_consent(campaign, Consent.channel.in_(MESSAGE_CHANNELS), permitted, is_own)
        rules.append((and_(has_held_since(), ~carrier), ExclusionReason.CHANGED_HANDS))
        rules.append((~carrier, ExclusionReason.NO_PERMISSION))
    if campaign.kind != CampaignKind.ASK:
        rules.append((_was_offered_lately(campaign, at - BETWEEN_OFFERS), ExclusionReason.OFFERED_LATELY))
    return tuple(rules)


@lru_cache(maxsize=256)  # Made once of a brand: it costs as much as the rest of a statement.
def _has_refused_otherwise(brand_id: int, barring: tuple[Channel, ...]) -> ColumnElement[bool]:
    """The condition that a recipient refused the brand by another spelling of the mailbox, or before the admission."""
    by_spelling = has_mailbox_refusal(Recipient, literal(brand_id))
    return or_(by_spelling, has_unrepeated(brand_id, Recipient.id, barring))


def _has_consent(campaign: Campaign, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition that a recipient has such a consent of the campaign's brand."""
    theirs = Consent.recipient_id == Recipient.id, Consent.brand_id == campaign.brand_id, Brand.id == Consent.brand_id
    return exists().where(*theirs, *conditions).correlate(Recipient)


def _was_chosen_before(campaign: Campaign) -> ColumnElement[bool]:
    """The condition that an address changed hands after a filter chose people for the campaign, maybe by what the
    holder before did: its link would offer just the channels that this concerned."""
    chosen = exists().where(AudienceList.campaign_id == campaign.id, AudienceList.encoding == AudienceList.FILTER)
    return chosen.where(has_changed_hands_after(AudienceList.created_at)).correlate(Recipient)


def _has_link_of_earlier_holder(campaign: Campaign) -> ColumnElement[bool]:
    """The condition that a recipient's newest link of the campaign is from before the address changed hands: its page
    asks for nothing. Not so where one is still to be made, as for each holder who is asked at a till."""
    made_at = shortlinks.Link.created_at
    newest = (
        select(made_at)
        .select_from(AudienceEntry)
        .outerjoin(shortlinks.Link, shortlinks.Link.id == AudienceEntry.link_id)
        .where(AudienceEntry.campaign_id == campaign.id, AudienceEntry.recipient_id == Recipient.id)
        .order_by(made_at.desc().nulls_first())
        .limit(1)
        .correlate(Recipient)
        .scalar_subquery()
    )
    return has_changed_hands_after(newest)


def _was_offered_lately(campaign: Campaign, since: datetime) -> ColumnElement[bool]:
    """The condition that another campaign of the kind and brand made a recipient's link, or sent it, since then."""
    others = select(Campaign.id).where(
        Campaign.brand_id == campaign.brand_id, Campaign.kind == campaign.kind, Campaign.id != campaign.id,
        Campaign.launched_at.is_not(None),
    )  # fmt: skip
    was_sent = exists().where(
        Message.link_id == AudienceEntry.link_id, Message.kind == literal_column("'invitation'"),  # As its index says.
        Message.called_at > since,
    )  # fmt: skip
    return (
        exists()
        .where(AudienceEntry.recipient_id == Recipient.id, AudienceEntry.campaign_id.in_(others))
        .where(AudienceEntry.left_out.is_(None))  # Else its campaign was stopped before the message left.
        .where(shortlinks.Link.id == AudienceEntry.link_id)
        .where(or_(shortlinks.Link.created_at > since, was_sent.correlate(AudienceEntry)))
        .correlate(Recipient)
    )
