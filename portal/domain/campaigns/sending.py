"""Plan a launch; pause, resume and stop a campaign's sending, and note when it has ended. Nothing here commits."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, exists, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

import shortlinks
from portal.core.database import is_one_of
from portal.core.models import (
    AudienceEntry,
    AuditEntry,
    Campaign,
    CampaignState,
    ConsentRequest,
    Delivery,
    ExclusionReason,
    Message,
    MessageKind,
    MessageState,
    PauseReason,
)
from portal.core.models.invitations import is_unsent_invitation, resume_invitations, withdraw_invitations
from portal.domain.campaigns import links

LATEST = timedelta(days=366)
CHUNK = 2000


class WrongTime(ValueError):
    """A launch is planned for a time to come, within a year."""


class BudgetUsedUp(ValueError):
    """A higher cap comes before going on."""


def plan_launch(session: Session, campaign: Campaign, launch_at: datetime, by: int, at: datetime) -> bool:
    """Set, or change, when a draft is launched; until then its audience and texts stay as they are. False where it was
    launched meanwhile. Raises WrongTime."""
    if not at < launch_at <= at + LATEST:
        raise WrongTime
    if _lock(session, campaign) not in (CampaignState.DRAFT, CampaignState.PLANNED):
        return False
    campaign.launch_at, campaign.launched_by = launch_at, by
    return True


def cancel_plan(session: Session, campaign: Campaign) -> bool:
    """Make a draft of it again; returns whether it was planned."""
    if _lock(session, campaign) != CampaignState.PLANNED:
        return False
    campaign.launch_at = campaign.launched_by = None
    return True


def pause(session: Session, campaign: Campaign, at: datetime) -> bool:
    """Send nothing until resumed; links go on working. What is in a call to a gateway at this moment has left.

    Returns whether that is new.
    """
    if _lock(session, campaign) != CampaignState.RUNNING:
        return False
    campaign.paused_at, campaign.pause_reason, campaign.lease_until = at, PauseReason.PERSON, None
    return True


def resume(session: Session, campaign: Campaign, at: datetime) -> bool:
    """Send what waits; returns whether it was paused. Raises BudgetUsedUp."""
    if _lock(session, campaign) != CampaignState.PAUSED:
        return False
    if campaign.part_cap is not None and campaign.parts_used >= campaign.part_cap:
        raise BudgetUsedUp
    campaign.paused_at = campaign.pause_reason = campaign.pause_told_at = None
    resume_invitations(session, Message.campaign_id == campaign.id, at)
    return True


def set_budget(
    session: Session, campaign: Campaign, *, most_parts: int | None, most_cost: int | None, part_price: int | None
) -> None:
    """Set or lift the caps: SMS parts, and kuruş by the price of a part, in hundredths of a kuruş."""
    _lock(session, campaign)
    campaign.most_parts, campaign.most_cost, campaign.part_price = most_parts, most_cost, part_price


def stop(session: Session, campaign: Campaign, at: datetime) -> bool:
    """Send nothing any more, for good, also if it is closed and opens again; the worker then withdraws what had not
    left. Returns whether that is new."""
    if _lock(session, campaign) not in (CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.CLOSED):
        return False
    if campaign.stopped_at is not None:
        return False
    campaign.stopped_at, campaign.linked_at, campaign.lease_until = at, None, None
    return True


def withdraw_next(session: Session, campaign: Campaign, at: datetime) -> bool:
    """Settle the next of what had not left a stopped campaign; False where nothing is left but what is in a call now.

    Whom no message reached was not asked (checklist C-4): the request is free again, and the link revoked; it still
    takes refusals. Not so where the provider downloaded the links, since it may have sent them itself.
    """
    waiting = select(Message.id, Message.link_id).where(
        Message.campaign_id == campaign.id, is_unsent_invitation(), Message.batch_id.is_(None)
    )
    rows = session.execute(waiting.limit(CHUNK).with_for_update()).all()
    if not rows:
        unlinked = AudienceEntry.link_id.is_(None), AudienceEntry.left_out.is_(None)
        entries = select(AudienceEntry.id).where(AudienceEntry.campaign_id == campaign.id, *unlinked)
        return bool(_leave_out(session, entries.limit(CHUNK)))
    withdraw_invitations(session, [row.id for row in rows], at)
    if session.scalar(select(Campaign.id).where(Campaign.id == campaign.id, ~were_links_taken())):
        link_ids = [row.link_id for row in rows]
        shortlinks.revoke(session, link_ids, at)
        left_out = _leave_out(session, select(AudienceEntry.id).where(AudienceEntry.link_id.in_(link_ids)))
        links.free_requests(session, ConsentRequest.entry_id.in_(left_out))
    return True


def reconsider(session: Session, recipient_ids: Collection[int]) -> None:
    """Let launches that left people out until a reply was read look at them again: the worker makes their links, or
    leaves them out for another reason. Locks the campaigns, so call it before locking messages."""
    theirs = is_one_of(session, AudienceEntry.recipient_id, recipient_ids)
    left_out = theirs, AudienceEntry.left_out == ExclusionReason.UNREAD_REPLY
    of = select(AudienceEntry.campaign_id).where(*left_out)
    going_on = Campaign.id.in_(of), Campaign.closed_at.is_(None), Campaign.stopped_at.is_(None)
    ids = session.scalars(select(Campaign.id).where(*going_on).order_by(Campaign.id).with_for_update()).all()
    entries = update(AudienceEntry).where(AudienceEntry.campaign_id.in_(ids), *left_out)
    session.execute(entries.values(left_out=None).execution_options(synchronize_session=False))
    again = update(Campaign).where(Campaign.id.in_(ids)).values(linked_at=None, finished_at=None, lease_until=None)
    session.execute(again.execution_options(synchronize_session=False))


def were_links_taken() -> ColumnElement[bool]:
    """The condition that a campaign's links were downloaded: the provider may have sent them itself."""
    of_it = AuditEntry.subject == "campaign", AuditEntry.subject_id == Campaign.id
    return exists().where(*of_it, AuditEntry.act.in_(("links.taken", "codes.taken"))).correlate(Campaign)


def has_open_message(campaign_id: int | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """The condition that a message with a link of the campaign waits, or may have left."""
    is_open = Message.state.in_((MessageState.WAITING, MessageState.UNCERTAIN))
    found = exists().where(Message.campaign_id == campaign_id, Message.kind == MessageKind.INVITATION, is_open)
    return found.correlate(Campaign)


def finish_sent(session: Session, at: datetime) -> None:
    """Note the end of all campaigns whose links are made, and of whose messages none waits."""
    ended = update(Campaign).where(
        Campaign.linked_at.is_not(None), Campaign.finished_at.is_(None), Campaign.delivery != Delivery.POINT,
        ~has_open_message(Campaign.id),
    )  # fmt: skip
    session.execute(ended.values(finished_at=at).execution_options(synchronize_session=False))


def _leave_out(session: Session, entry_ids: Select[int]) -> Sequence[int]:
    """Note that these got no link that reached them; their ids."""
    entries = update(AudienceEntry).where(AudienceEntry.id.in_(entry_ids)).values(left_out=ExclusionReason.STOPPED)
    return session.scalars(entries.returning(AudienceEntry.id).execution_options(synchronize_session=False)).all()


def _lock(session: Session, campaign: Campaign) -> CampaignState:
    session.flush()
    session.refresh(campaign, with_for_update=True)
    return campaign.state
