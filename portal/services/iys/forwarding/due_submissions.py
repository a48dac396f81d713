"""What may leave now, as conditions of SQL: due, free, of a provider that may write, and behind no other of its key."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, not_, or_, select
from sqlalchemy.orm import Session, aliased

from portal.core import leases
from portal.core.iys_protocol import Status
from portal.core.models import Connection, Credential, CredentialKind, Lane, Submission
from portal.services.iys import rate_limit

ONE_SECOND = timedelta(seconds=1)
ENOUGH_ATTEMPTS = 2  # After so many attempts a grant no longer holds up a refusal.
ABSENT = "absent"  # Our own word for: multi-status did not list it.
NO_GRANT_CODES = ("H174", "H175", ABSENT)  # İYS holds no grant to withdraw.

Earlier = aliased(Submission)


def oldest_due(session: Session, at: datetime, lane: Lane, *, is_sandbox: bool = False) -> int | None:
    """The id of the oldest submission of a lane that may leave now, over all providers (or all that practise).

    Each provider that may write is asked for its own oldest, by index: what waits at the others costs nothing.
    """
    first = (
        select(Submission.id)
        .where(is_due(at, lane, Connection.provider_id))
        .order_by(Submission.due_at)
        .limit(1)
        .correlate(Connection)
        .scalar_subquery()
    )
    firsts = [
        each for each in session.scalars(_of_active_providers(select(first), at, lane, is_sandbox)) if each is not None
    ]
    if len(firsts) < 2:
        return firsts[0] if firsts else None
    return session.scalar(select(Submission.id).where(Submission.id.in_(firsts)).order_by(Submission.due_at).limit(1))


def active_providers(at: datetime, lane: Lane, *, is_sandbox: bool = False) -> Select:
    """The providers for which something of a lane may leave now, to İYS or (of those that practise) to the sandbox."""
    return _of_active_providers(select(Connection.provider_id), at, lane, is_sandbox)


def is_due(at: datetime, lane: Lane, provider_id: object) -> ColumnElement[bool]:
    """Due, in nobody's hands, and behind no other of its key."""
    return and_(
        Submission.lane == lane,
        Submission.provider_id == provider_id,
        leases.is_due(Submission, at),
        not_(is_held_up(at)),
    )


def is_held_up(at: datetime) -> ColumnElement[bool]:
    """Another submission of the key must go first: one in flight, or an earlier one. And one was told within this
    second: İYS gives movements of one second one transactionId, and asks for none.

    A refusal waits for no grant that travels in lists or has failed twice, unless İYS already said that it holds no
    grant yet. What travels in a list is never leased by itself.
    """
    in_flight = not_(leases.is_free(Earlier, at))
    just_told = and_(Earlier.due_at.is_(None), Earlier.accepted_at.is_not(None), Earlier.ended_at > at - ONE_SECOND)
    passes_by = and_(
        Submission.status == Status.REFUSED,
        or_(Submission.code.is_(None), Submission.code.not_in(NO_GRANT_CODES)),
        Earlier.status == Status.GRANTED,
        or_(Earlier.attempts >= ENOUGH_ATTEMPTS, Earlier.lane == Lane.BULK),
    )
    return exists().where(
        Earlier.consent_id == Submission.consent_id,
        Earlier.id != Submission.id,
        or_(
            just_told,
            and_(
                Earlier.due_at.is_not(None),
                or_(in_flight, and_(Earlier.consent_date < Submission.consent_date, not_(passes_by))),
            ),
        ),
    )


def has_open_predecessor(*lanes: Lane) -> ColumnElement[bool]:
    """An earlier submission of the key is still on its way, in one of these lanes (or in any)."""
    return exists().where(
        Earlier.consent_id == Submission.consent_id,
        Earlier.consent_date < Submission.consent_date,
        Earlier.due_at.is_not(None),
        *([Earlier.lane.in_(lanes)] if lanes else []),
    )


def _of_active_providers(asked: Select, at: datetime, lane: Lane, is_sandbox: bool) -> Select:
    is_practice = Credential.kind == CredentialKind.SANDBOX
    may_ask_for_token = or_(Credential.backoff_until.is_(None), Credential.backoff_until <= at)
    may_ask = and_(may_ask_for_token, not_(rate_limit.are_tokens_held(at)))
    may_grant = or_(Connection.grants_blocked_until.is_(None), Connection.grants_blocked_until <= at)
    return (
        asked.select_from(Connection)
        .join(Credential, Credential.id == Connection.credential_id)
        .where(
            Connection.forwarding_enabled_at <= at,
            or_(Connection.blocked_until.is_(None), Connection.blocked_until <= at),
            *([may_grant] if lane != Lane.REFUSALS else []),
            is_practice if is_sandbox else not_(is_practice),
            *([] if is_sandbox else [or_(Credential.access_until > at, may_ask)]),
        )
    )
