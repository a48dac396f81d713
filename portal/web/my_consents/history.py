"""How what holds at a brand came to be, as far as it is the present owner's; and the receipts of this visit."""

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
    """One decision, and what İYS made of it."""

    decided_at: datetime
    brand_id: int
    channel: Channel
    recipient_type: RecipientType
    status: Status
    origin: DecisionOrigin
    outcome: Outcome | None
    iys_hears: bool  # Or would have, where it was taken back.
    accepted_at: datetime | None
    transaction_id: str | None


def read_history(session: Session, of: Iterable[HeldBrand]) -> list[HistoryEntry]:
    """All decisions at these brands, the newest first."""
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
    """The receipt of what was refused here last, in this visit; of an act at several providers its first row."""
    theirs = select(Receipt).where(
        Receipt.recipient_id.in_(list(recipient_ids)),
        Receipt.origin == DecisionOrigin.MINE,
        Receipt.decided_at >= since,
    )
    return session.scalars(theirs.order_by(Receipt.decided_at.desc(), Receipt.id).limit(1)).first()


def _entry(decision: Decision, submission: Submission | None, annulled_at: datetime | None) -> HistoryEntry:
    told = sandbox_mode.submission_to_iys(submission)
    outcome = told.outcome if told else None
    return HistoryEntry(
        decided_at=decision.consent_date, brand_id=decision.brand_id, channel=decision.channel,
        recipient_type=decision.recipient_type, status=decision.status, origin=decision.origin,
        outcome=Outcome.ANNULLED if annulled_at else outcome, iys_hears=told is not None,
        accepted_at=told.accepted_at if told else None, transaction_id=told.transaction_id if told else None,
    )  # fmt: skip
