"""Our side of a day: the movements that İYS stored as far as we know, from our submissions and from its feeds."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Consent, Decision, Movement, Outcome, Recipient, Submission
from portal.services.iys.reconciliation.schedule import BrandDay, day_bounds

HELD = (Outcome.ACCEPTED, Outcome.VERIFIED)
CHUNK = 2000


@dataclass(frozen=True, slots=True)
class OwnMovement:
    """A movement as we know it; `submission_id` if we sent it ourselves."""

    transaction_id: str
    consent_id: int
    submission_id: int | None
    recipient_type: RecipientType
    channel: Channel
    status: Status
    source: str
    consent_date: datetime | None
    creation_date: datetime | None
    is_verified: bool
    index_odd: bytes | None = field(repr=False)
    index_even: bytes | None = field(repr=False)

    @property
    def is_dated_by_iys(self) -> bool:
        """Whether the date is İYS's, which has no fraction of a second: an answer without a date got our clock's."""
        return self.creation_date is not None and self.creation_date.microsecond == 0


RECIPIENT_INDEXES = (Recipient.index_odd, Recipient.index_even)
SUBMITTED = (
    select(
        Submission.transaction_id, Submission.consent_id, Submission.id, Consent.recipient_type, Consent.channel,
        Submission.status, Decision.source, Submission.consent_date, Submission.accepted_at,
        Submission.verified_at.is_not(None), *RECIPIENT_INDEXES,
    )
    .join(Consent, Consent.id == Submission.consent_id)
    .join(Decision, Decision.id == Submission.decision_id)
    .join(Recipient, Recipient.id == Consent.recipient_id)
    .where(Submission.outcome.in_(HELD))
)  # fmt: skip
RECEIVED = (
    select(
        Movement.transaction_id, Movement.consent_id, Submission.id, Consent.recipient_type, Consent.channel,
        Movement.status, Movement.source, Movement.consent_date, Movement.creation_date,
        Submission.verified_at.is_not(None), *RECIPIENT_INDEXES,
    )
    .join(Consent, Consent.id == Movement.consent_id)
    .join(Recipient, Recipient.id == Consent.recipient_id)
    .outerjoin(Submission, Submission.decision_id == Movement.decision_id)
    .where(or_(Submission.id.is_(None), Submission.outcome.not_in(HELD)))
)  # fmt: skip


def movements_by_transaction(session: Session, brand_id: int, ids: Iterable[str]) -> dict[str, list[OwnMovement]]:
    """Our movements with these transactionIds, whatever their day; a few thousand at once.

    Our own submissions as we sent them, the rest as İYS reported it. Movements of a key in one second share an id.
    """
    asked = set(ids)
    found: dict[str, list[OwnMovement]] = defaultdict(list)
    submitted = SUBMITTED.where(Submission.transaction_id.in_(asked), Consent.brand_id == brand_id)
    received = RECEIVED.where(Movement.transaction_id.in_(asked), Movement.brand_id == brand_id)
    for statement in (submitted, received):
        for row in session.execute(statement):
            found[row.transaction_id].append(OwnMovement(*row))
    return found


def transaction_ids_of_day(session: Session, brand_day: BrandDay) -> Iterator[set[str]]:
    """The transactionIds of a day as far as we know, in chunks; one may come twice."""
    first, end = day_bounds(brand_day.day)
    submitted = (
        select(Submission.accepted_at, Submission.id, Submission.transaction_id)
        .join(Consent, Consent.id == Submission.consent_id)
        .where(
            Submission.provider_id == brand_day.provider_id, Consent.brand_id == brand_day.brand_id,
            Submission.accepted_at < end, Submission.outcome.in_(HELD), Submission.transaction_id.is_not(None),
        )
    )  # fmt: skip
    received = select(Movement.creation_date, Movement.id, Movement.transaction_id).where(
        Movement.brand_id == brand_day.brand_id, Movement.creation_date < end
    )
    yield from _chunks(session, submitted, Submission.accepted_at, Submission.id, first)
    yield from _chunks(session, received, Movement.creation_date, Movement.id, first)


def _chunks(
    session: Session, statement: Select[Any, int, Any], moment: InstrumentedAttribute[Any],
    key: InstrumentedAttribute[int], since: datetime,
) -> Iterator[set[str]]:  # fmt: skip
    """Read in chunks, each a query of its own: no cursor stays open between them."""
    after = 0
    while True:
        later = and_(moment >= since, or_(moment > since, key > after))
        rows = session.execute(statement.where(later).order_by(moment, key).limit(CHUNK)).all()
        if not rows:
            return
        since, after, _ = rows[-1]
        yield {row.transaction_id for row in rows}
