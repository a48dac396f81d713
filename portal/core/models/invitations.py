"""The messages with a campaign's links that wait, due or kept back."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, and_, update
from sqlalchemy.orm import Session

from portal.core.models.message import Message, MessageKind, MessageState, UnsentReason


def is_unsent_invitation() -> ColumnElement[bool]:
    """The condition that a campaign's message still waits, due or not."""
    return and_(Message.kind == MessageKind.INVITATION, Message.state == MessageState.WAITING)


def resume_invitations(session: Session, which: ColumnElement[bool], at: datetime) -> None:
    """Make unsent invitations due again that were kept back; the outbox keeps back those whose campaign is stopped."""
    waiting = is_unsent_invitation(), Message.due_at.is_(None), which
    session.execute(update(Message).where(*waiting).values(due_at=at).execution_options(synchronize_session=False))


def withdraw_invitations(session: Session, message_ids: Collection[int], at: datetime) -> None:
    """End invitations of a stopped campaign, which are in no call now. Call with ≤ 5,000."""
    ended = {"state": MessageState.NOT_NEEDED, "unsent_reason": UnsentReason.STOPPED, "due_at": None, "ended_at": at}
    theirs = update(Message).where(Message.id.in_(message_ids)).values(ended)
    session.execute(theirs.execution_options(synchronize_session=False))
