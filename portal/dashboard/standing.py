"""How a provider stands with İYS now: what keeps its decisions waiting, said on more than one page."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal import registry
from portal.extensions import reading
from portal.models import Connection, Credential


@dataclass(frozen=True)
class Block:
    """What İYS has against a provider: against its rights and package, or against its account. Texts are msgids."""

    code: str
    sentence: str
    cure: str
    only_grants: bool  # Refusals still pass.


def block_of(provider_id: int, at: datetime) -> Block | None:
    """Why nothing, or no grant, goes to İYS for this provider."""
    row = reading().execute(
        select(
            Connection.blocked_code, Connection.blocked_until, Connection.grants_blocked_until,
            Credential.blocked_code.label("account_code"),
        )
        .join(Credential, Credential.id == Connection.credential_id)
        .where(Connection.provider_id == provider_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    if row.account_code:
        return _block(row.account_code, only_grants=False)
    if row.blocked_code and row.blocked_until and row.blocked_until > at:
        return _block(row.blocked_code, only_grants=False)
    if row.blocked_code and row.grants_blocked_until and row.grants_blocked_until > at:
        return _block(row.blocked_code, only_grants=True)
    return None


def _block(code: str, *, only_grants: bool) -> Block:
    return Block(code, registry.sentence_of(code), registry.cure_of(code), only_grants)
