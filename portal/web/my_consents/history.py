"""Decisions behind the consents of a brand, as far as they are the present owner's; and the last receipt."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Annulment, Decision, DecisionOrigin, Outcome, Receipt, Submission
from portal.domain.providers import sandbox_mode
from portal.web.my_consents.holdings import HeldBrand, owned_since


@dataclass(frozen=True)
class HistoryEntry:
    """One decision and its state at İYS."""

    decided_at: datetime
    brand_id: int
    channel: Channel
    recipient_type: RecipientType
    status: Status
    origin: DecisionOrigin
    outcome: Outcome | None
    is_for_iys: bool  # İYS is sent, or would have been, had it not been taken back.
    accepted_at: datetime | None
    transaction_id: str | None


def read_history(session: Session, of: Iterable[HeldBrand]) -> list[HistoryEntry]:
    """Decisions at these brands, the newest first."""
    by_brand = {held.brand.id: held for held in of}
    rows = session.execute(
        select(Decision, Submission, Annulment.at)
        .outerjoin(Submission, Submission.decision_id == Decision.id)
        .outerjoin(Annulment, Annulment.decision_id == Decision.id)
        .where(
            Decision.recipient_id.in_({held.recipient.id for held in by_brand.values()}),
            Decision.brand_id.in_(by_brand),
        )
        .order_by(Decision.consent_date.desc(), Decision.id.desc())
    )
    return [
        _entry(decision, submission, annulled_at)
        for decision, submission, annulled_at in rows
        if decision.recorded_at >= owned_since(by_brand[decision.brand_id].recipient)
    ]


def last_receipt(session: Session, recipient_ids: Iterable[int], since: datetime) -> Receipt | None:
    """Receipt of the last refusal of this session; of an act at several providers, its first row."""
    theirs = select(Receipt).where(
        Receipt.recipient_id.in_(list(recipient_ids)),
        Receipt.origin == DecisionOrigin.MINE,
        Receipt.decided_at >= since,
    )
    return session.scalars(theirs.order_by(Receipt.decided_at.desc(), Receipt.id).limit(1)).first()


def _entry(decision: Decision, submission: Submission | None, annulled_at: datetime | None) -> HistoryEntry:
    sent = sandbox_mode.submission_to_iys(submission)
    outcome = sent.outcome if sent else None
    return HistoryEntry(
        decided_at=decision.consent_date, brand_id=decision.brand_id, channel=decision.channel,
        recipient_type=decision.recipient_type, status=decision.status, origin=decision.origin,
        outcome=Outcome.ANNULLED if annulled_at else outcome, is_for_iys=sent is not None,
        accepted_at=sent.accepted_at if sent else None, transaction_id=sent.transaction_id if sent else None,
    )  # fmt: skip
