"""What holds for one address, and how it came to be: read the same by a provider's people and by the operator's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, and_, select
from sqlalchemy.orm import Session

from portal.core import iys_protocol
from portal.core.iys_protocol import Channel, Status
from portal.core.models import Annulment, Brand, Consent, Decision, DecisionOrigin, Outcome, Submission
from portal.domain.consents.deadlines import Urgency, urgency
from portal.domain.providers import sandbox_mode


@dataclass(frozen=True)
class Told:
    """One decision with what İYS made of it."""

    decided_at: datetime
    brand_name: str
    is_practice: bool
    channel: Channel
    status: Status
    source: str
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


def heads(session: Session, recipient_id: int) -> Sequence[Row]:
    """The decision that holds now, for each brand and channel that has one. What was granted in a practice that is
    over lets nobody send."""
    may_send = and_(Consent.may_send, sandbox_mode.brand_has_not_ended())
    return session.execute(
        select(
            Brand.name.label("brand_name"), Brand.is_sandbox.label("is_practice"), Consent.channel,
            Consent.recipient_type, Consent.status, Consent.effective_at, Consent.iys_status, Consent.iys_as_of,
            may_send.label("may_send"),
        )
        .join(Brand, Brand.id == Consent.brand_id)
        .where(Consent.recipient_id == recipient_id, Consent.status.is_not(None))
        .order_by(Brand.name, Consent.channel)
    ).all()  # fmt: skip


def decisions(session: Session, recipient_id: int, at: datetime) -> list[Told]:
    """All decisions, the newest first, each with what İYS made of it."""
    rows = session.execute(
        select(Decision, Brand, Submission, Annulment.at)
        .join(Brand, Brand.id == Decision.brand_id)
        .outerjoin(Submission, Submission.decision_id == Decision.id)
        .outerjoin(Annulment, Annulment.decision_id == Decision.id)
        .where(Decision.recipient_id == recipient_id)
        .order_by(Decision.consent_date.desc(), Decision.id.desc())
    )
    return [_told(*row, at) for row in rows]


def _told(
    decision: Decision, brand: Brand, submission: Submission | None, annulled_at: datetime | None, at: datetime
) -> Told:
    outcome = submission.outcome if submission else None
    code = submission.code if submission else None
    waits = submission is not None and submission.is_open
    return Told(
        decided_at=decision.consent_date,
        brand_name=brand.name,
        is_practice=brand.is_sandbox,
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
        deadline=submission.safe_deadline if waits else None,
        urgency=urgency(submission.created_at, at) if waits else Urgency.OK,
    )
