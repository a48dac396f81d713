"""Forgetting: who asked for codes is nobody's business when the limits need it no more."""

from datetime import datetime, timedelta

from sqlalchemy import and_, delete, or_
from sqlalchemy.orm import Session

from portal.core.models import AddressProof, Message, MessageKind, MessageState, Purpose

KEPT = timedelta(days=2)  # The longest limit looks back a day.
MESSAGES_KEPT = timedelta(days=30)  # To compare with what a gateway bills; they hold the code no more.


def delete_old_proofs(session: Session, at: datetime) -> int:
    """Delete old proofs and messages of codes; how many proofs. Where somebody proved an address to decide at a consent
    point, that stays as evidence of it."""
    never_went = (Message.state == MessageState.NOT_NEEDED, Message.created_at < at - KEPT)
    messages = delete(Message).where(
        Message.kind == MessageKind.CODE, or_(Message.created_at < at - MESSAGES_KEPT, and_(*never_went))
    )
    decided_nothing = or_(AddressProof.purpose == Purpose.MINE, AddressProof.proved_at.is_(None))
    proofs = delete(AddressProof).where(AddressProof.created_at < at - KEPT, decided_nothing)
    session.execute(messages.execution_options(synchronize_session=False))
    return session.execute(proofs.execution_options(synchronize_session=False)).rowcount
