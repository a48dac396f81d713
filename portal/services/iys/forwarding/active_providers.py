"""Providers for which the forwarder may send now."""

from datetime import datetime
from functools import cache
from typing import TypeVarTuple

from sqlalchemy import CTE, Select, not_, select
from sqlalchemy.orm import aliased

from portal.core.models import Connection, Credential, CredentialKind, Lane, Submission
from portal.services.iys import egresses, holds, tokens
from portal.services.iys.rate_limit import Priority

Ts = TypeVarTuple("Ts")


def provider_ids(at: datetime, lane: Lane, *, is_sandbox: bool = False, waiting_in: Lane | None = None) -> Select[int]:
    return select_from_active(select(Connection.provider_id), at, lane, is_sandbox=is_sandbox, waiting_in=waiting_in)


def select_from_active(
    selected: Select[*Ts], at: datetime, lane: Lane, *, is_sandbox: bool = False, waiting_in: Lane | None = None
) -> Select[*Ts]:
    """Select of each connection by which a lane may send now, to İYS or (in sandbox mode) to the sandbox; only of
    those with open submissions in the lane `waiting_in`, if it is given."""
    is_sandbox_credential = Credential.kind == CredentialKind.SANDBOX
    priority = Priority.REFUSALS if lane == Lane.REFUSALS else Priority.GRANTS
    if waiting_in is not None:
        waiting = _waiting_providers(waiting_in)
        selected = selected.select_from(waiting).join(Connection, Connection.provider_id == waiting.c.provider_id)
    return (
        selected.select_from(Connection)
        .join(Credential, Credential.id == Connection.credential_id)
        .where(
            Connection.forwarding_enabled_at <= at,
            egresses.is_of_egress(),
            not_(holds.is_provider_held(Connection.provider_id, at, lane)),
            is_sandbox_credential if is_sandbox else not_(is_sandbox_credential),
            *([] if is_sandbox else [tokens.may_have_token(at, priority)]),
        )
    )


@cache  # It takes longer to make than to run.
def _waiting_providers(lane: Lane) -> CTE:
    """The ids (`provider_id`) of the providers with open submissions in a lane, the last one None. The index is read
    once for each of them, not for each submission."""
    row = aliased(Submission)
    of_lane = select(row.provider_id).where(row.lane == lane, row.due_at.is_not(None))
    of_lane = of_lane.order_by(row.provider_id, row.due_at).limit(1)  # As the index of open ones is.
    found = select(of_lane.scalar_subquery().label("provider_id")).cte("waiting", recursive=True)
    following = of_lane.where(row.provider_id > found.c.provider_id).correlate(found).scalar_subquery()
    return found.union_all(select(following).where(found.c.provider_id.is_not(None)))
