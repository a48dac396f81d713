"""Taking the next due submission in hand: by lease, refusals first, one of a key at a time, at İYS's pace."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, not_, or_, select, update
from sqlalchemy.orm import Session, aliased

from portal.iys import pace
from portal.models import Connection, Consent, Credential, Lane, Outcome, Submission
from portal.registry import Channel, RecipientType, Status
from portal.vault import Vault

LEASE = timedelta(seconds=15)  # Longer than an HTTP call may last; a killed forwarder's work waits no longer.
STUBBORN = 2  # After so many attempts a grant no longer holds up a refusal.
ABSENT = "absent"  # Our own word for: multi-status did not list it.
HOLDS_NOTHING = ("H174", "H175", ABSENT)  # İYS holds no ONAY to withdraw.

Earlier = aliased(Submission)


@dataclass(frozen=True)
class Claimed:
    """A submission in hand until `lease_until`; its payload is sealed until `opened`."""

    id: int
    provider_id: int
    consent_id: int
    status: Status
    consent_date: datetime
    channel: Channel
    recipient_type: RecipientType
    endpoint: str
    payload: bytes = field(repr=False)
    attempts: int
    iys_status: str | None
    lenient_deadline: datetime
    lease_until: datetime


def due(at: datetime, lane: Lane):
    """The next submission of a lane that may leave now."""
    may_grant = or_(Connection.grants_blocked_until.is_(None), Connection.grants_blocked_until <= at)
    may_ask_for_token = or_(Credential.quiet_until.is_(None), Credential.quiet_until <= at)
    return (
        select(Submission, Consent.channel, Consent.recipient_type, Consent.iys_status)
        .join(Consent, Consent.id == Submission.consent_id)
        .join(Connection, Connection.provider_id == Submission.provider_id)
        .join(Credential, Credential.id == Connection.credential_id)
        .where(
            Submission.lane == lane,
            Submission.due_at <= at,
            or_(Submission.lease_until.is_(None), Submission.lease_until <= at),
            Connection.writes_since <= at,
            or_(Connection.blocked_until.is_(None), Connection.blocked_until <= at),
            *([may_grant] if lane != Lane.REFUSALS else []),
            or_(Credential.access_until > at, and_(may_ask_for_token, not_(pace.tokens_are_held(at)))),
            not_(exists().where(_holds_up(at))),
        )
        .order_by(Submission.due_at)
        .limit(1)
    )


def _holds_up(at: datetime):
    """Another submission of the key that must go first: one in flight, or an earlier one.

    A refusal does not wait for a grant that has failed twice, unless İYS already said that it holds no grant yet.
    """
    in_flight = and_(Earlier.lease_until.is_not(None), Earlier.lease_until > at)
    passes_by = and_(
        Submission.status == Status.REFUSED,
        or_(Submission.code.is_(None), Submission.code.not_in(HOLDS_NOTHING)),
        Earlier.status == Status.GRANTED,
        Earlier.attempts >= STUBBORN,
    )
    return and_(
        Earlier.consent_id == Submission.consent_id,
        Earlier.id != Submission.id,
        Earlier.due_at.is_not(None),
        or_(in_flight, and_(Earlier.consent_date < Submission.consent_date, not_(passes_by))),
    )


def claim(session: Session, at: datetime) -> Claimed | None:
    """Lease the next due submission, refusals first. None when nothing is due, or another forwarder was first."""
    for lane in Lane:
        row = session.execute(due(at, lane).with_for_update(of=Submission, skip_locked=True)).first()
        if row is not None:
            return _lease(session, row, at)
    return None


def _lease(session: Session, row, at: datetime) -> Claimed | None:
    submission = row.Submission
    pace.take_slot(session, at, 0)  # Its row lets one claim end before the next one looks.
    still_as_seen = Submission.lease_until.is_not_distinct_from(submission.lease_until)
    mine = (
        update(Submission)
        .where(Submission.id == submission.id, still_as_seen, not_(exists().where(_holds_up(at))))
        .values(lease_until=at + LEASE, attempts=Submission.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    if session.execute(mine).rowcount != 1:
        return None
    return Claimed(
        id=submission.id,
        provider_id=submission.provider_id,
        consent_id=submission.consent_id,
        status=submission.status,
        consent_date=submission.consent_date,
        channel=row.channel,
        recipient_type=row.recipient_type,
        endpoint=submission.endpoint,
        payload=submission.payload,
        attempts=submission.attempts + 1,
        iys_status=row.iys_status,
        lenient_deadline=submission.lenient_deadline,
        lease_until=at + LEASE,
    )


def opened(vault: Vault, claimed: Claimed) -> Claimed:
    """The same with its payload in clear, to be sent byte for byte. Raises CannotOpen."""
    payload = vault.open(claimed.payload, Submission.PLACE, claimed.provider_id, claimed.id)
    return replace(claimed, payload=payload)


def grant_may_follow(session: Session, claimed: Claimed) -> bool:
    """Whether İYS may come to hold a grant of this key after all: an earlier one is on its way, or came meanwhile."""
    held = session.scalar(select(Consent.iys_status).where(Consent.id == claimed.consent_id))
    came = held == Status.GRANTED and claimed.iys_status != Status.GRANTED
    return came or earlier_is_open(session, claimed)


def earlier_is_open(session: Session, claimed: Claimed) -> bool:
    """Whether an earlier submission of the key is still on its way (a refusal went past it)."""
    waiting = select(Submission.id).where(
        Submission.consent_id == claimed.consent_id,
        Submission.consent_date < claimed.consent_date,
        Submission.due_at.is_not(None),
    )
    return session.scalar(waiting.limit(1)) is not None


def end_lease(session: Session, claimed: Claimed, *, outcome: Outcome, due_at: datetime | None, **values) -> bool:
    """Write what came of it and let go; False where the lease ran out and somebody else has it now."""
    mine = update(Submission).where(Submission.id == claimed.id, Submission.lease_until == claimed.lease_until)
    return session.execute(mine.values(outcome=outcome, due_at=due_at, lease_until=None, **values)).rowcount == 1
