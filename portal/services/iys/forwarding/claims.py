"""Claim due submissions by lease: the oldest of a lane first, and only one of a key at a time."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, not_, select
from sqlalchemy.orm import Session

from portal.core import leases
from portal.core.extensions import read_session
from portal.core.iys_protocol import MAX_LIST_SIZE, Channel, RecipientType, Status
from portal.core.models import Consent, Lane, Outcome, Submission
from portal.services.iys.forwarding import due_submissions

LEASE = timedelta(seconds=15)  # Longer than an HTTP call may last; a killed forwarder's claims end then.
SINGLE_LANES = (Lane.REFUSALS, Lane.PEOPLE)

_claim_lock = threading.Lock()  # Threads of one process don't race for the same row; processes may.


@dataclass(frozen=True)
class ClaimedSubmission:
    """A leased submission; its payload is sealed."""

    id: int
    provider_id: int
    consent_id: int
    decision_id: int
    status: Status
    consent_date: datetime
    endpoint: str
    payload: bytes = field(repr=False)
    outcome: Outcome  # SENT: İYS may have received it already.
    attempts: int
    lenient_deadline: datetime
    lease_until: datetime
    brand_id: int
    channel: Channel
    recipient_type: RecipientType
    iys_status: str | None

    @property
    def is_refusal(self) -> bool:
        return self.status == Status.REFUSED

    @property
    def may_be_held(self) -> bool:
        """Whether İYS is known to hold a grant, or this is one: then it can be sent without asking."""
        return not self.is_refusal or self.iys_status == Status.GRANTED


SUBMISSION_COLUMNS = [getattr(Submission, name) for name in list(ClaimedSubmission.__dataclass_fields__)[:12]]
CONSENT_COLUMNS = [Consent.id, Consent.brand_id, Consent.channel, Consent.recipient_type, Consent.iys_status]


def claim_due_submissions(
    session: Session, at: datetime, lanes: Sequence[Lane] = SINGLE_LANES, *, is_sandbox: bool = False
) -> list[ClaimedSubmission] | None:
    """Lease the next due submission of the first lane that has one, and commit. None if nothing is due.

    A refusal of a grant that İYS is not known to hold brings up to 1000 similar ones (brand, channel, recipient type)
    along, since İYS is asked about so many at once. Empty where another forwarder was first.
    """
    with _claim_lock:
        due = (due_submissions.oldest_due(read_session(), at, lane, is_sandbox=is_sandbox) for lane in lanes)
        seen = next(filter(None, due), None)
        if seen is None:
            return None
        claimed = lease_submissions(session, [seen], at)
        session.commit()  # No lock is held while the others are locked, which may come before it.
        if claimed and not claimed[0].may_be_held:
            claimed += lease_submissions(session, session.scalars(_similar_refusals(claimed[0], at)).all(), at)
            session.commit()
        return claimed


def _similar_refusals(first: ClaimedSubmission, at: datetime) -> Select[int]:
    return (
        select(Submission.id)
        .join(Consent, Consent.id == Submission.consent_id)
        .where(
            due_submissions.is_due(at, Lane.REFUSALS, first.provider_id),
            Consent.brand_id == first.brand_id,
            Consent.channel == first.channel,
            Consent.recipient_type == first.recipient_type,
            Consent.iys_status.is_distinct_from(Status.GRANTED.value),
            Submission.status == Status.REFUSED,
        )
        .order_by(Submission.due_at)
        .limit(MAX_LIST_SIZE - 1)
    )


def lease_submissions(session: Session, ids: Sequence[int], at: datetime) -> list[ClaimedSubmission]:
    """Lease those that are still due. All open submissions of their keys are locked first, ordered by id, so that two
    forwarders never claim two of one key."""
    if not ids:
        return []
    keys = select(Submission.consent_id).where(Submission.id.in_(ids))
    of_keys = select(Submission.id).where(Submission.consent_id.in_(keys), Submission.due_at.is_not(None))
    session.execute(of_keys.order_by(Submission.id).with_for_update()).all()
    rows = leases.claim(
        session, Submission, Submission.id.in_(ids), Submission.due_at <= at, not_(due_submissions.is_held_up(at)),
        Submission.lane != Lane.BULK,  # It may have moved into a list since it was seen.
        at=at, lease=LEASE, returning=SUBMISSION_COLUMNS, attempts=Submission.attempts + 1,
    )  # fmt: skip
    theirs = select(*CONSENT_COLUMNS).where(Consent.id.in_([row.consent_id for row in rows]))
    consents = {row.id: tuple(row[1:]) for row in session.execute(theirs)} if rows else {}
    return [ClaimedSubmission(*row, *consents[row.consent_id]) for row in sorted(rows, key=lambda row: row.id)]


def end_lease(
    session: Session,
    these: Sequence[ClaimedSubmission],
    *conditions: ColumnElement[bool],
    due_at: object,
    **values: object,
) -> set[int]:
    """Write the outcome of submissions claimed together and release them; the ids of those that were still ours."""
    if len(these) > 1:  # Many are locked in the order of their ids, so that two writers never wait for each other.
        theirs = select(Submission.id).where(Submission.id.in_([each.id for each in these]))
        session.execute(theirs.order_by(Submission.id).with_for_update()).all()
    return leases.release(session, Submission, these, *conditions, due_at=due_at, **values)


def renew_lease(session: Session, claimed: ClaimedSubmission, at: datetime) -> ClaimedSubmission | None:
    """Renew a lease, for a second call; None where it was lost meanwhile. Commits."""
    try:
        renewed = replace(claimed, lease_until=leases.renew(session, Submission, claimed, at=at, lease=LEASE))
    except leases.LeaseLost:
        renewed = None
    session.commit()
    return renewed
