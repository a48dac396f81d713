"""Undoing: a person takes a grant back before anybody hears of it. Nothing here commits."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.iys_protocol import Channel
from portal.core.models import Actor, AuditEntry, Decision, Receipt
from portal.domain.consents import annulments


def undo(session: Session, receipt_ids: Sequence[int], at: datetime) -> list[Channel]:
    """Take back the grants of one act, as long as they wait for that: the channels that came free. What İYS may have
    heard of stays, and so do refusals; a second time changes nothing."""
    void = annulments.undo(session, receipt_ids, at)
    if not void:
        return []
    for receipt in session.scalars(select(Receipt).where(Receipt.id.in_(receipt_ids)).order_by(Receipt.id)):
        session.add(
            AuditEntry(
                provider_id=receipt.provider_id, at=at, actor=Actor.RECIPIENT, actor_id=receipt.recipient_id,
                act="decision.undone", subject="receipt", subject_id=receipt.id, facts={"void": len(void)},
            )
        )  # fmt: skip
    freed = set(session.scalars(select(Decision.channel).where(Decision.id.in_(void))))
    return [channel for channel in Channel if channel in freed]
