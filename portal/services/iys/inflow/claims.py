"""Claim a due feed, push or sweep, and release it with its outcome."""

from datetime import datetime, timedelta
from typing import Any, TypeVar, TypeVarTuple

from sqlalchemy import Row, Select, SQLColumnExpression, or_, select

from portal.core import leases
from portal.core.extensions import db, read_session
from portal.core.models import Brand, Connection, Credential, CredentialKind, Feed, Provider, Push, Sweep
from portal.services.iys import circuit_breaker, holds, tokens
from portal.services.iys.rate_limit import Priority

PAUSES = FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(minutes=10)  # After failures.

Asking = TypeVar("Asking", Feed, Sweep)
Claimed = TypeVar("Claimed", bound=leases.QueueTable)
Ts = TypeVarTuple("Ts")


def due_with_brand(model: type[Asking], at: datetime) -> Select[Asking, Brand, int]:
    """Due rows of live brands, with the brand and the provider's iysCode; not those for which no token can be had."""
    has_token = or_(Credential.kind == CredentialKind.SANDBOX, tokens.may_have_token(at, Priority.POLLING))
    return (
        select(model, Brand, Provider.iys_code)
        .join(Brand, Brand.id == model.brand_id)
        .join(Provider, Provider.id == model.provider_id)
        .join(Connection, Connection.provider_id == model.provider_id)
        .join(Credential, Credential.id == Connection.credential_id)
        .where(leases.is_due(model, at), Brand.has_not_ended(), *holds.may_pull(at), has_token)
        .order_by(model.due_at)
    )


def claim_first(
    query: Select[Claimed, *Ts], provider_id: SQLColumnExpression[int], at: datetime, lease: timedelta
) -> Row[Claimed, *Ts] | None:
    """Lease the first row of a query, whose first entity is the claimed one, rather of a provider whose calls do not
    fail; None where another was first. Commits.

    The row belongs to the reading session, as it is after the claim.
    """
    row = circuit_breaker.first_row(read_session(), query, provider_id, at)
    if row is None:
        return None
    claimed = row[0]
    model = type(claimed)
    was_first = leases.claim(db.session, model, model.id == claimed.id, model.due_at <= at, at=at, lease=lease)
    db.session.commit()
    if not was_first:
        return None
    read_session().refresh(claimed)
    return row


def release(claimed: Feed | Push | Sweep, **values: Any) -> bool:
    """Write the outcome of a claimed row in this transaction; False where its lease was lost."""
    return bool(leases.release(db.session, type(claimed), [claimed], **values))


def postpone(claimed: Feed | Sweep, due_at: datetime, code: str | None, **values: Any) -> None:
    """Release a claimed row until then, with the reason. Commits."""
    release(claimed, due_at=due_at, code=code, **values)
    db.session.commit()
