"""SQL conditions for submissions that may be sent now: due, not leased, of an active provider, first of their key."""

from datetime import datetime, timedelta
from typing import TypeVarTuple

from sqlalchemy import ColumnElement, Select, and_, exists, not_, or_, select
from sqlalchemy.orm import Session, aliased

from portal.core import leases
from portal.core.iys_protocol import Status
from portal.core.models import Connection, Credential, CredentialKind, Lane, Submission
from portal.services.iys import rate_limit

ONE_SECOND = timedelta(seconds=1)
ENOUGH_ATTEMPTS = 2  # A grant that failed so often no longer holds up a refusal.
ABSENT = "absent"  # Our own code: multi-status did not list the address.
NO_GRANT_CODES = ("H174", "H175", ABSENT)  # İYS holds no grant to withdraw.

Earlier = aliased(Submission)
Ts = TypeVarTuple("Ts")


def oldest_due(session: Session, at: datetime, lane: Lane, *, is_sandbox: bool = False) -> int | None:
    """The id of the oldest submission of a lane that may be sent now, over all live (or all sandbox) providers.

    Looks up the oldest of each active provider by index, so that submissions of blocked providers cost nothing.
    """
    first = (
        select(Submission.id)
        .where(is_due(at, lane, Connection.provider_id))
        .order_by(Submission.due_at)
        .limit(1)
        .correlate(Connection)
        .scalar_subquery()
    )
    oldest = session.scalars(_of_active_providers(select(first), at, lane, is_sandbox))
    firsts = [each for each in oldest if each is not None]
    if len(firsts) < 2:
        return firsts[0] if firsts else None
    return session.scalar(select(Submission.id).where(Submission.id.in_(firsts)).order_by(Submission.due_at).limit(1))


def active_providers(at: datetime, lane: Lane, *, is_sandbox: bool = False) -> Select[int]:
    """Ids of the providers for which a lane may send now, to İYS or (in sandbox mode) to the sandbox."""
    return _of_active_providers(select(Connection.provider_id), at, lane, is_sandbox)


def is_due(at: datetime, lane: Lane, provider_id: object) -> ColumnElement[bool]:
    """Due, not leased, and first of its key."""
    of_lane = and_(Submission.lane == lane, Submission.provider_id == provider_id)
    return and_(of_lane, leases.is_due(Submission, at), not_(is_held_up(at)))


def is_held_up(at: datetime) -> ColumnElement[bool]:
    """Another submission of the key must go first: one in flight or an earlier one, or one accepted within this second
    (İYS gives movements of one key in one second the same transactionId).

    A refusal doesn't wait for a grant that is in a list or has failed twice, unless İYS already said that it holds no
    grant yet. Items of a list are never leased themselves.
    """
    in_flight = not_(leases.is_free(Earlier, at))
    just_accepted = and_(Earlier.due_at.is_(None), Earlier.accepted_at.is_not(None), Earlier.ended_at > at - ONE_SECOND)
    passes_by = and_(
        Submission.status == Status.REFUSED,
        or_(Submission.code.is_(None), Submission.code.not_in(NO_GRANT_CODES)),
        Earlier.status == Status.GRANTED,
        or_(Earlier.attempts >= ENOUGH_ATTEMPTS, Earlier.lane == Lane.BULK),
    )
    goes_first = and_(Earlier.consent_date < Submission.consent_date, not_(passes_by))
    is_open = and_(Earlier.due_at.is_not(None), or_(in_flight, goes_first))
    return exists().where(
        Earlier.consent_id == Submission.consent_id, Earlier.id != Submission.id, or_(just_accepted, is_open)
    )


def has_open_predecessor(*lanes: Lane) -> ColumnElement[bool]:
    """An earlier submission of the key is still open, in one of these lanes (or in any)."""
    return exists().where(
        Earlier.consent_id == Submission.consent_id,
        Earlier.consent_date < Submission.consent_date,
        Earlier.due_at.is_not(None),
        *([Earlier.lane.in_(lanes)] if lanes else []),
    )


def _of_active_providers(selected: Select[*Ts], at: datetime, lane: Lane, is_sandbox: bool) -> Select[*Ts]:
    is_sandbox_credential = Credential.kind == CredentialKind.SANDBOX
    may_ask_for_token = or_(Credential.backoff_until.is_(None), Credential.backoff_until <= at)
    may_ask = and_(may_ask_for_token, not_(rate_limit.are_tokens_held(at)))
    may_grant = or_(Connection.grants_blocked_until.is_(None), Connection.grants_blocked_until <= at)
    return (
        selected.select_from(Connection)
        .join(Credential, Credential.id == Connection.credential_id)
        .where(
            Connection.forwarding_enabled_at <= at,
            or_(Connection.blocked_until.is_(None), Connection.blocked_until <= at),
            *([may_grant] if lane != Lane.REFUSALS else []),
            is_sandbox_credential if is_sandbox else not_(is_sandbox_credential),
            *([] if is_sandbox else [or_(Credential.access_until > at, may_ask)]),
        )
    )
