"""Suspension and departure of providers, and the record of the operator's acts on them."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.core.models import Message, Provider, Review, ReviewAct
from portal.core.models.invitations import resume_invitations


class NotSuspended(ValueError):
    """A provider is suspended before it leaves."""


class HasLeft(ValueError):
    """A provider that left must return before it is resumed."""


def suspend(session: Session, provider: Provider, *, by: int, note: str, at: datetime) -> bool:
    """Suspend a provider: nothing new begins, unsent invitations are kept back, refusals go on. Returns whether
    anything changed, as those below."""
    if provider.suspended_at is not None:
        return False
    provider.suspended_at = at
    return record_review(session, provider, ReviewAct.SUSPENDED, by, note, at)


def resume(session: Session, provider: Provider, *, by: int, note: str, at: datetime) -> bool:
    """End a suspension; what was kept back goes on. Raises HasLeft."""
    if provider.left_at is not None:
        raise HasLeft
    if provider.suspended_at is None:
        return False
    provider.suspended_at = None
    resume_invitations(session, Message.provider_id == provider.id, at)
    return record_review(session, provider, ReviewAct.RESUMED, by, note, at)


def mark_left(session: Session, provider: Provider, *, by: int, note: str, at: datetime) -> bool:
    """Note that a suspended provider has left: its links say so, and still take refusals. Raises NotSuspended."""
    if provider.suspended_at is None:
        raise NotSuspended
    if provider.left_at is not None:
        return False
    provider.left_at = at
    return record_review(session, provider, ReviewAct.LEFT, by, note, at)


def mark_returned(session: Session, provider: Provider, *, by: int, note: str, at: datetime) -> bool:
    """Undo mark_left; the provider stays suspended."""
    if provider.left_at is None:
        return False
    provider.left_at = None
    return record_review(session, provider, ReviewAct.CAME_BACK, by, note, at)


def record_review(
    session: Session, provider: Provider, act: ReviewAct, by: int, note: str, at: datetime, **facts: Any
) -> bool:
    session.add(Review(provider_id=provider.id, act=act, note=note, made_by=by, made_at=at, **facts))
    session.flush()
    return True
