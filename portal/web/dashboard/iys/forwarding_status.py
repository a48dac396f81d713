"""A provider's forwarding to İYS now: connected, blocked, and what waits by lane. Several pages show it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from portal.core import iys_protocol
from portal.core.extensions import read_session
from portal.core.models import OPEN_OUTCOMES, Brand, Connection, Credential, Lane, Outcome, Submission
from portal.domain.consents.urgency import AMBER, RED, Urgency, urgency
from portal.domain.providers import sandbox_mode


@dataclass(frozen=True)
class Block:
    """Why İYS takes nothing: missing rights or package, or a rejected account. Texts are msgids."""

    code: str
    sentence: str
    cure: str
    only_grants: bool = False  # Refusals still pass.
    is_account: bool = False  # İYS issues no token: another user name or password is needed.


def is_connected(provider_id: int) -> bool:
    """Whether there is an İYS account."""
    return read_session().scalar(select(Connection.id).where(Connection.provider_id == provider_id)) is not None


def is_forwarding(provider_id: int) -> bool:
    """Whether decisions go to İYS. A partner's account forwards only after a test found İYS's title to agree."""
    enabled_at = select(Connection.forwarding_enabled_at).where(Connection.provider_id == provider_id)
    return read_session().scalar(enabled_at) is not None


def forwarding_brands(provider_id: int) -> list[Brand]:
    """The provider's brands whose decisions go to İYS, or to the sandbox in sandbox mode."""
    brands = select(Brand).where(Brand.provider_id == provider_id, sandbox_mode.brand_has_not_ended())
    return list(read_session().scalars(brands.order_by(Brand.id)))


def block_of(provider_id: int, at: datetime) -> Block | None:
    """Why nothing, or no grant, goes to İYS."""
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
    """Submissions that wait in one lane."""

    lane: Lane
    count: int
    blocked: int
    amber: int  # A day old or older, red ones included.
    red: int
    oldest: datetime | None
    urgency: Urgency


def lane_backlogs(provider_id: int, at: datetime) -> list[LaneBacklog]:
    """What waits, in the order of the lanes, empty ones too."""
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
