"""Closing a campaign: it asks nobody more, and what was not sent stays; its links explain themselves and take refusals.

It may be opened again; then it goes on where it stood. Nothing here commits.
"""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.core.models import Campaign, Message, MessageKind, MessageState


class NotLaunched(ValueError):
    """A draft asks nobody; there is nothing to close."""


def close(session: Session, campaign: Campaign, at: datetime) -> bool:
    """Ask nobody more; whether that is new. Raises NotLaunched."""
    session.refresh(campaign, ["launched_at", "closed_at"], with_for_update=True)
    if campaign.launched_at is None:
        raise NotLaunched
    if campaign.closed_at:
        return False
    campaign.closed_at = at
    session.execute(_unsent(campaign).where(Message.due_at.is_not(None)).values(due_at=None))
    return True


def reopen(session: Session, campaign: Campaign, at: datetime) -> bool:
    """Let it ask again, those first to whom nothing went; whether that is new. Links keep the day they end."""
    session.refresh(campaign, ["closed_at"], with_for_update=True)
    if campaign.closed_at is None:
        return False
    campaign.closed_at = None
    session.execute(_unsent(campaign).where(Message.due_at.is_(None)).values(due_at=at))
    return True


def _unsent(campaign: Campaign):
    return update(Message).where(
        Message.campaign_id == campaign.id,
        Message.kind == MessageKind.INVITATION,
        Message.state == MessageState.WAITING,
    )
