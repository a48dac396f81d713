"""How a provider stands with İYS now: what waits, and what keeps it waiting; shown on more than one page."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from portal.core import iys_protocol
from portal.core.extensions import read_session
from portal.core.models import OPEN_OUTCOMES, Connection, Credential, Lane, Outcome, Submission
from portal.domain.consents.deadlines import AMBER, RED, Urgency, urgency


@dataclass(frozen=True)
class Block:
    """What İYS has against a provider: against its rights and package, or against its account. Texts are msgids."""

    code: str
    sentence: str
    cure: str
    only_grants: bool = False  # Refusals still pass.
    is_account: bool = False  # İYS gives the account itself no token: another name or password is needed.


def is_connected(provider_id: int) -> bool:
    """Whether there is an account at all by which İYS can be told, and heard."""
    return read_session().scalar(select(Connection.id).where(Connection.provider_id == provider_id)) is not None


def is_forwarding(provider_id: int) -> bool:
    """Whether decisions go to İYS: an account is there, and a partner's was tested and found to be for this firm."""
    mine = select(Connection.forwarding_enabled_at).where(Connection.provider_id == provider_id)
    return read_session().scalar(mine) is not None


def block_of(provider_id: int, at: datetime) -> Block | None:
    """Why nothing, or no grant, goes to İYS for this provider."""
    row = read_session().execute(
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
        return _block(row.account_code, is_account=True)
    if row.blocked_code and row.blocked_until and row.blocked_until > at:
        return _block(row.blocked_code)
    if row.blocked_code and row.grants_blocked_until and row.grants_blocked_until > at:
        return _block(row.blocked_code, only_grants=True)
    return None


def _block(code: str, **more: bool) -> Block:
    return Block(code, iys_protocol.sentence_of(code), iys_protocol.cure_of(code), **more)


@dataclass(frozen=True)
class LaneBacklog:
    """What waits in one lane: how much, since when, and how much of it for too long."""

    lane: Lane
    count: int
    blocked: int
    amber: int  # A day old or older; those of `red` among them.
    red: int
    oldest: datetime | None
    urgency: Urgency


def lane_backlogs(provider_id: int, at: datetime) -> list[LaneBacklog]:
    """What İYS has not heard yet, in the order of the lanes, empty ones too."""
    rows = read_session().execute(
        select(
            Submission.lane, func.count().label("count"),
            func.count().filter(Submission.outcome == Outcome.BLOCKED).label("blocked"),
            func.count().filter(Submission.created_at <= at - AMBER).label("amber"),
            func.count().filter(Submission.created_at <= at - RED).label("red"),
            func.min(Submission.created_at).label("oldest"),
        )
        .where(Submission.provider_id == provider_id, Submission.outcome.in_(OPEN_OUTCOMES))
        .group_by(Submission.lane)
    )  # fmt: skip
    by_lane = {row.lane: LaneBacklog(*row, urgency=urgency(row.oldest, at)) for row in rows}
    return [by_lane.get(lane) or LaneBacklog(lane, 0, 0, 0, 0, None, Urgency.OK) for lane in Lane]
