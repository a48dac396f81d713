"""What was decided of one address at a brand, and the receipts of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import address_holders
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Annulment, Decision, DecisionOrigin, Outcome, Receipt, ReceiptDecision, Submission
from portal.core.models.decision import decision_time
from portal.domain.providers import sandbox_mode
from portal.web.my_consents.holdings import HeldBrand, shown_outcome

MOST_RECEIPTS = 50  # On one page.


@dataclass(frozen=True)
class HistoryEntry:
    """One decision and its state at İYS."""

    decided_at: datetime | None  # None: as a merchant, on a day that nobody stated.
    recorded_at: datetime
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
        .order_by(decision_time().desc(), Decision.channel, Decision.id.desc())
    )
    entries: dict[object, HistoryEntry] = {}
    for decision, submission, annulled_at in rows:
        since = by_brand[decision.brand_id].held_since
        if not decision.was_made_since(since):
            continue
        sent = sandbox_mode.submission_to_iys(submission)
        is_hidden = address_holders.hides_iys_answer(decision.status, sent.outcome if sent else None, since)
        if is_hidden and decision.renews_id:
            continue
        act = (decision.brand_id, decision.channel, decision.recorded_at) if is_hidden else decision.id
        entries[act] = HistoryEntry(
            decided_at=decision.consent_date, recorded_at=decision.recorded_at, brand_id=decision.brand_id,
            channel=decision.channel, status=decision.status, origin=decision.origin,
            recipient_type=RecipientType.INDIVIDUAL if is_hidden else decision.recipient_type,
            outcome=Outcome.ANNULLED if annulled_at else shown_outcome(sent, is_hidden=is_hidden),
            is_for_iys=sent is not None, accepted_at=sent.accepted_at if sent and not is_hidden else None,
            transaction_id=sent.transaction_id if sent and not is_hidden else None,
        )  # fmt: skip
    return list(entries.values())


def list_receipts(session: Session, held: HeldBrand) -> list[Receipt]:
    """The receipts of the present holder at a brand, the newest first."""
    theirs = (
        select(ReceiptDecision.receipt_id)
        .join(Decision, Decision.id == ReceiptDecision.decision_id)
        .where(Decision.recipient_id == held.recipient.id, Decision.brand_id == held.brand.id)
    )
    found = select(Receipt).where(Receipt.recipient_id == held.recipient.id, Receipt.id.in_(theirs))
    if held.held_since is not None:
        found = found.where(Receipt.decided_at >= held.held_since)
    return list(session.scalars(found.order_by(Receipt.decided_at.desc(), Receipt.id).limit(MOST_RECEIPTS)))


def last_receipt(session: Session, recipient_ids: Iterable[int], since: datetime) -> Receipt | None:
    """Receipt of the last refusal of this session; of an act at several providers, its first row."""
    theirs = select(Receipt).where(
        Receipt.recipient_id.in_(list(recipient_ids)),
        Receipt.origin == DecisionOrigin.MINE,
        Receipt.decided_at >= since,
    )
    return session.scalars(theirs.order_by(Receipt.decided_at.desc(), Receipt.id).limit(1)).first()
