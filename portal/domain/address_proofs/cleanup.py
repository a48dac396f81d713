"""Deleting proofs and messages of codes once no limit counts them any more."""

from datetime import datetime, timedelta

from sqlalchemy import and_, delete, or_
from sqlalchemy.orm import Session

from portal.core.database import changed_rows
from portal.core.models import AddressProof, Message, MessageKind, MessageState, Purpose

KEPT = timedelta(days=2)  # The longest limit counts a day.
MESSAGES_KEPT = timedelta(days=30)  # To compare with a gateway's bill; sent messages hold no code.


def delete_old_proofs(session: Session, at: datetime) -> int:
    """Delete old proofs and messages of codes; returns how many proofs.

    A proof by which somebody decided at a consent point stays as evidence.
    """
    unsent = (Message.state == MessageState.NOT_NEEDED, Message.created_at < at - KEPT)
    messages = delete(Message).where(
        Message.kind == MessageKind.CODE, or_(Message.created_at < at - MESSAGES_KEPT, and_(*unsent))
    )
    decided_nothing = or_(AddressProof.purpose == Purpose.MINE, AddressProof.proved_at.is_(None))
    proofs = delete(AddressProof).where(AddressProof.created_at < at - KEPT, decided_nothing)
    session.execute(messages.execution_options(synchronize_session=False))
    return changed_rows(session, proofs.execution_options(synchronize_session=False))
