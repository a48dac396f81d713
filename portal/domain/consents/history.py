"""Read the current consents of one address and its decisions, for the pages of providers and of the operator."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import iys_protocol
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Annulment, Brand, Consent, Decision, DecisionOrigin, Outcome, Submission
from portal.core.models.decision import decision_time
from portal.core.models.submission import told_next_at
from portal.domain.consents.evidence import Evidence, evidence_column
from portal.domain.consents.may_send import MaySendAnswer, answer_of, decided_consents
from portal.domain.consents.urgency import Urgency, urgency


@dataclass(frozen=True)
class DecisionRecord:
    id: int
    brand_id: int
    recipient_type: RecipientType
    is_annulled: bool
    due_at: datetime | None  # When İYS is told or asked next.
    decided_at: datetime | None  # None: a merchant's first consent without a date.
    recorded_at: datetime
    brand_name: str
    is_sandbox: bool
    channel: Channel
    status: Status
    source: str | None
    origin: DecisionOrigin
    outcome: Outcome | None
    is_closed: bool
    transaction_id: str | None
    accepted_at: datetime | None
    code: str | None
    sentence: str | None
    cure: str | None
    deadline: datetime | None
    urgency: Urgency
    retailer_code: int | None
    retailer_access: list[int] | None


def current_consents(
    session: Session, recipient_id: int, at: datetime
) -> list[tuple[Consent, Brand, MaySendAnswer, Evidence | None]]:
    """The consents that a decision stands behind, by brand and channel, whether messages may be sent on them, and what
    proves a grant."""
    rows = session.execute(decided_consents([recipient_id], evidence_column()).order_by(Brand.name, Consent.channel))
    return [
        (
            consent,
            brand,
            answer_of(consent, brand, provider.iys_code, at, has_unread_reply=is_unread, pulled_at=pulled_at),
            Evidence(proof) if proof else None,
        )
        for consent, brand, provider, is_unread, pulled_at, proof in rows
    ]


def list_decisions(session: Session, recipient_id: int, at: datetime) -> list[DecisionRecord]:
    """All decisions, the newest first, each with what İYS made of it."""
    rows = session.execute(
        select(Decision, Brand, Submission, Annulment.at, told_next_at())
        .join(Brand, Brand.id == Decision.brand_id)
        .outerjoin(Submission, Submission.decision_id == Decision.id)
        .outerjoin(Annulment, Annulment.decision_id == Decision.id)
        .where(Decision.recipient_id == recipient_id)
        .order_by(decision_time().desc(), Decision.id.desc())
    )
    return [_record(*row, at) for row in rows]


def _record(
    decision: Decision, brand: Brand, submission: Submission | None, annulled_at: datetime | None,
    next_at: datetime | None, at: datetime,
) -> DecisionRecord:  # fmt: skip
    outcome = submission.outcome if submission else None
    code = submission.code if submission else None
    waiting = submission if submission is not None and submission.is_open else None
    return DecisionRecord(
        id=decision.id,
        brand_id=brand.id,
        recipient_type=decision.recipient_type,
        is_annulled=annulled_at is not None,
        due_at=next_at,
        decided_at=decision.consent_date,
        recorded_at=decision.recorded_at,
        brand_name=brand.name,
        is_sandbox=brand.is_sandbox,
        channel=decision.channel,
        status=decision.status,
        source=decision.source,
        origin=decision.origin,
        outcome=Outcome.ANNULLED if annulled_at else outcome,
        is_closed=submission is not None and submission.closed_at is not None,
        transaction_id=submission.transaction_id if submission else None,
        accepted_at=submission.accepted_at if submission else None,
        code=code,
        sentence=iys_protocol.sentence_of(code) if code else None,
        cure=iys_protocol.cure_of(code) if code else None,
        deadline=waiting.safe_deadline if waiting else None,
        urgency=urgency(waiting.created_at, at) if waiting else Urgency.OK,
        retailer_code=decision.retailer_code,
        retailer_access=decision.retailer_access,
    )
