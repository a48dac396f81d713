"""Submissions that may be sent now, and their claim by lease: the oldest of a lane first, one of a key at a time."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from functools import cache, partial

from sqlalchemy import ColumnElement, Select, and_, exists, func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from portal.core import leases
from portal.core.extensions import read_session
from portal.core.iys_protocol import MAX_LIST_SIZE, Channel, RecipientType, Status
from portal.core.models import Connection, Consent, Lane, Outcome, Submission
from portal.domain.consents.verification import NO_GRANT_CODES
from portal.services.iys import circuit_breaker, holds
from portal.services.iys.forwarding import active_providers
from portal.services.iys.forwarding.claim_limit import ClaimLimit
from portal.services.iys.holds import Part
from portal.services.iys.iys_clock import iys_clock

LEASE = timedelta(seconds=15)  # Longer than an HTTP call may last; a killed forwarder's claims end then.
SINGLE_LANES = (Lane.REFUSALS, Lane.PEOPLE)
ONE_SECOND = timedelta(seconds=1)
ABOUT_NOW = timedelta(minutes=1)  # What became due, or does, further from now is not about to leave.
ENOUGH_ATTEMPTS = 2  # A grant that failed so often no longer holds up a refusal.

Earlier = aliased(Submission)

IN_HAND = ClaimLimit(most=3)  # Of both loops of single submissions.


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
    def part(self) -> Part:
        """What a hold on it would cover."""
        lane = Lane.REFUSALS if self.is_refusal else Lane.PEOPLE
        return Part(self.provider_id, self.brand_id, self.channel, lane, self.lease_until)

    @property
    def is_refusal(self) -> bool:
        return self.status == Status.REFUSED

    @property
    def needs_no_question(self) -> bool:
        """Whether İYS is known to hold a grant, or this is one: then it can be sent without asking."""
        return not self.is_refusal or self.iys_status == Status.GRANTED


OF_CONSENT = ("brand_id", "channel", "recipient_type", "iys_status")  # The last fields.
SUBMISSION_COLUMNS = [
    getattr(Submission, each.name) for each in fields(ClaimedSubmission) if each.name not in OF_CONSENT
]
CONSENT_COLUMNS = [Consent.id, *(getattr(Consent, name) for name in OF_CONSENT)]


@contextlib.contextmanager
def claim_due_submissions(
    session: Session, at: datetime, lanes: Sequence[Lane] = SINGLE_LANES, *, is_sandbox: bool = False
) -> Iterator[list[ClaimedSubmission] | None]:
    """Lease the next due submission of the first lane that has one, and commit. None if nothing is due.

    A refusal of a grant that İYS is not known to hold brings up to 1000 similar ones (brand, channel, recipient type)
    along, since İYS is asked about so many at once. Empty where another forwarder was first, or it is held.

    Inside the block the claim counts for its provider; the leases outlast it.
    """
    claim = partial(_claim_oldest, session, at, lanes, is_sandbox=is_sandbox)
    with IN_HAND.claim(claim, provider_of=lambda these: these[0].provider_id if these else None) as claimed:
        if claimed and _put_off_if_held(session, claimed[0], at):
            claimed = []
        if claimed and not claimed[0].needs_no_question:
            with IN_HAND.turn:
                claimed = _lease_with_similar(session, claimed[0], at)
                session.commit()
        yield claimed


def _claim_oldest(
    session: Session, at: datetime, lanes: Sequence[Lane], *, but_of: Sequence[int], is_sandbox: bool
) -> list[ClaimedSubmission] | None:
    due = (oldest_due(read_session(), at, lane, is_sandbox=is_sandbox, but_of=but_of) for lane in lanes)
    seen = next(filter(None, due), None)
    if seen is None:
        return None
    claimed = lease_submissions(session, [seen], at)
    session.commit()  # No lock is held while the others are locked, which may come before it.
    return claimed


def _put_off_if_held(session: Session, claimed: ClaimedSubmission, at: datetime) -> bool:
    until = holds.claim_or_held_until(claimed.part, at)
    if until is None:
        return False
    end_lease(session, [claimed], due_at=Submission.due_at, attempts=Submission.attempts - 1)
    session.commit()
    holds.put_off(claimed.part, claimed.id, until, at)
    return True


def _lease_with_similar(session: Session, first: ClaimedSubmission, at: datetime) -> list[ClaimedSubmission]:
    """What is asked about together: the first and similar ones. One address may spoil the question for all, so those
    that failed least often go first, nothing fresh with what failed twice, and that in ever smaller parts."""
    failed = {first.id: first.attempts - 1} | dict(session.execute(_similar_refusals(first, at)).all())
    fewest = max(1, min(failed.values()))
    group = [each for each, attempts in failed.items() if attempts <= fewest]
    part = group[: max(1, len(group) >> (fewest - 1))]
    if first.id in part:
        return [first, *lease_submissions(session, part[1:], at)]
    end_lease(session, [first], due_at=Submission.due_at, attempts=Submission.attempts - 1)
    session.commit()  # No lock is held while the others are locked, as above.
    return lease_submissions(session, part, at)


def _similar_refusals(first: ClaimedSubmission, at: datetime) -> Select[int, int]:
    return (
        select(Submission.id, Submission.attempts)
        .join(Consent, Consent.id == Submission.consent_id)
        .where(
            is_due(at, Lane.REFUSALS, first.provider_id),
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
        session, Submission, Submission.id.in_(ids), Submission.due_at <= at, not_(is_behind_another(at)),
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


def oldest_due(
    session: Session, at: datetime, lane: Lane, *, is_sandbox: bool = False, but_of: Sequence[int] = ()
) -> int | None:
    """The id of the oldest submission of a lane that may be sent now, over all live (or all sandbox) providers.

    Looks up the oldest of each active provider that has any by index, so that neither idle providers nor the
    submissions of blocked ones cost anything. Where the host fails, that of the provider whose call failed longest ago:
    whoever may be answered is soon tried.
    """
    if not is_any_open(session, lane):
        return None
    first = (
        select(Submission.id)
        .where(is_due(at, lane, Connection.provider_id))
        .order_by(Submission.due_at)
        .limit(1)
        .correlate(Connection)
        .scalar_subquery()
    )
    active = active_providers.select_from_active(select(first), at, lane, is_sandbox=is_sandbox, waiting_in=lane)
    firsts = active.where(Connection.provider_id.not_in(but_of))
    failed_at = circuit_breaker.failed_at(Submission.provider_id)
    first_of_all = select(Submission.id).where(Submission.id.in_(firsts))
    return session.scalar(first_of_all.order_by(failed_at.asc().nulls_first(), Submission.due_at).limit(1))


def is_any_open(session: Session, lane: Lane) -> bool:
    """Whether a lane holds any submission, due or not: asked first, since other statements take longer to make than to
    run."""
    return session.scalar(_first_open(lane)) is not None


@cache
def _first_open(lane: Lane) -> Select[int]:
    """Ordered as the index of open ones is, or PostgreSQL reads all that ended for it."""
    open_ones = select(Submission.id).where(Submission.lane == lane, Submission.due_at.is_not(None))
    return open_ones.order_by(Submission.provider_id, Submission.due_at).limit(1)


def are_refusals_due(at: datetime, *, is_sandbox: bool = False) -> bool:
    """Whether a refusal waits for a thread; not for its provider's calls, which may hang or not be made now."""
    but_of = IN_HAND.left_out()[-1]
    return oldest_due(read_session(), at, Lane.REFUSALS, is_sandbox=is_sandbox, but_of=but_of) is not None


def is_due(at: datetime, lane: Lane, provider_id: object) -> ColumnElement[bool]:
    """Due, not leased, first of its key, and not dated in the future of İYS's clock (H162)."""
    of_lane = and_(Submission.lane == lane, Submission.provider_id == provider_id)
    is_past = Submission.consent_date <= at - iys_clock().delay(read_session(), at)
    return and_(of_lane, leases.is_due(Submission, at), is_past, not_(is_behind_another(at)))


def is_behind_another(at: datetime) -> ColumnElement[bool]:
    """Another submission of the key must go first: one in flight or an earlier one, or one accepted within this second
    (İYS gives movements of one key in one second the same transactionId).

    A refusal doesn't wait for a grant that is held, in a list, has failed twice or is not about to leave, unless İYS
    already said that it holds no grant yet; nor for an earlier refusal that sleeps for long or waits for a grant.
    Nobody waits for a renewal: who decides anew makes it needless. Items of a list are never leased themselves.
    """
    in_flight = not_(leases.is_free(Earlier, at))
    just_accepted = and_(Earlier.due_at.is_(None), Earlier.accepted_at.is_not(None), Earlier.ended_at > at - ONE_SECOND)
    was_not_asked = or_(Submission.code.is_(None), Submission.code.not_in(NO_GRANT_CODES))
    passes_grant = and_(
        Earlier.status == Status.GRANTED,
        or_(was_not_asked, Earlier.lane == Lane.BULK),
        or_(
            Earlier.attempts >= ENOUGH_ATTEMPTS,
            Earlier.lane == Lane.BULK,
            not_(Earlier.due_at.between(at - ABOUT_NOW, at + ABOUT_NOW)),
            holds.is_provider_held(Earlier.provider_id, at, Lane.PEOPLE),
        ),
    )
    waits_itself = and_(was_not_asked, func.coalesce(Earlier.code, "").in_(NO_GRANT_CODES))
    passes_refusal = and_(Earlier.status == Status.REFUSED, or_(Earlier.due_at > at + ABOUT_NOW, waits_itself))
    passes_by = and_(Submission.status == Status.REFUSED, or_(passes_grant, passes_refusal))
    is_to_be_told = Earlier.outcome != Outcome.EXPIRED
    goes_first = and_(Earlier.consent_date < Submission.consent_date, is_to_be_told, not_(passes_by))
    is_open = and_(Earlier.due_at.is_not(None), or_(in_flight, goes_first))
    return exists().where(
        Earlier.consent_id == Submission.consent_id, Earlier.id != Submission.id, or_(just_accepted, is_open)
    )


def earlier_grants(*lanes: Lane) -> Select[int]:
    """The earlier grants of a submission's key that are still open, in these lanes (or in any)."""
    return select(Earlier.id).correlate(Submission).where(
        Earlier.consent_id == Submission.consent_id,
        Earlier.consent_date < Submission.consent_date,
        Earlier.status == Status.GRANTED,
        Earlier.due_at.is_not(None),
        *([Earlier.lane.in_(lanes)] if lanes else []),
    )  # fmt: skip
