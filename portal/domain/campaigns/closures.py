"""Closing a campaign: no further requests go out, and its links only explain themselves and take refusals.

It may be opened again, and then goes on where it stood. Nothing here commits.
"""

from datetime import datetime

from sqlalchemy import Update, update
from sqlalchemy.orm import Session

from portal.core.models import Campaign, Message, MessageKind, MessageState


class NotLaunched(ValueError):
    """A draft asks nobody; there is nothing to close."""


def close(session: Session, campaign: Campaign, at: datetime) -> bool:
    """Send no further requests; returns whether that is new. Raises NotLaunched."""
    session.refresh(campaign, ["launched_at", "closed_at"], with_for_update=True)
    if campaign.launched_at is None:
        raise NotLaunched
    if campaign.closed_at:
        return False
    campaign.closed_at = at
    session.execute(_update_unsent(campaign).where(Message.due_at.is_not(None)).values(due_at=None))
    return True


def reopen(session: Session, campaign: Campaign, at: datetime) -> bool:
    """Send what was left unsent; returns whether that is new. Links keep the day on which they expire."""
    session.refresh(campaign, ["closed_at"], with_for_update=True)
    if campaign.closed_at is None:
        return False
    campaign.closed_at = None
    session.execute(_update_unsent(campaign).where(Message.due_at.is_(None)).values(due_at=at))
    return True


def _update_unsent(campaign: Campaign) -> Update:
    return update(Message).where(
        Message.campaign_id == campaign.id,
        Message.kind == MessageKind.INVITATION,
        Message.state == MessageState.WAITING,
    )
