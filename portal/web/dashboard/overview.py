"""The dashboard's first page: today's decisions, what waits for İYS, and the oldest deadline."""

from dataclasses import dataclass
from datetime import datetime

from flask import render_template
from flask_login import current_user
from sqlalchemy import func, select

from portal.core import clock
from portal.core.extensions import read_session, vault
from portal.core.iys_protocol import Channel, Status
from portal.core.models import OPEN_OUTCOMES, Brand, Decision, Outcome, Provider, Recipient, Submission, is_void
from portal.domain import complaints, consent_points, packages
from portal.domain.consents import recipients
from portal.domain.consents.urgency import Urgency, urgency
from portal.domain.identity.permissions import Permission
from portal.domain.providers import sandbox_mode
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.iys.forwarding_status import block_of, is_connected, is_forwarding, lane_backlogs
from portal.web.dashboard.recipients import reassigned_addresses
from portal.web.shared.access import needs

NEEDS_ATTENTION = (Outcome.PARKED, Outcome.EXPIRED)  # Blocked ones have an alert of their own.
MAX_DECISIONS = 12


@dataclass(frozen=True)
class OldestSubmission:
    """The decision closest to its deadline at İYS."""

    since: datetime
    deadline: datetime
    level: Urgency


@dataclass(frozen=True)
class RecentDecision:
    address: str
    recipient_id: int
    channel: Channel
    status: Status
    decided_at: datetime
    outcome: Outcome | None
    is_closed: bool  # A person closed the failed submission.
    brand_name: str
    is_sandbox: bool


@dataclass(frozen=True)
class Figures:
    granted_today: int
    refused_today: int
    waiting: int
    accepted: int
    attention: int
    amber: int
    red: int
    oldest: OldestSubmission | None
    decisions: list[RecentDecision]


@blueprint.get("/")
@needs(Permission.LOOK)
def overview() -> str:
    provider_id = current_user.provider_id
    at = clock.now()
    return render_template(
        "dashboard/overview.html",
        figures=_figures(current_user.provider, at),
        block=block_of(provider_id, at),
        is_connected=is_connected(provider_id),
        is_forwarding=is_forwarding(provider_id),
        reassigned=reassigned_addresses.count_recent(provider_id, at),
        standing=packages.measure_usage(read_session(), current_user.provider, at, with_iys=False),
        alarmed=consent_points.list_alarmed_points(read_session(), clock.day(at), provider_id),
        waiting=complaints.count_waiting(read_session(), provider_id, at)
        if current_user.may_at_provider(Permission.COMPLAINTS)
        else None,
    )


def _figures(provider: Provider, at: datetime) -> Figures:
    today = _counts_of_today(provider.id, at)
    outcomes = _counts_by_outcome(provider)
    lanes = lane_backlogs(provider.id, at)
    return Figures(
        granted_today=today.get(Status.GRANTED, 0),
        refused_today=today.get(Status.REFUSED, 0),
        waiting=sum(lane.count for lane in lanes),
        accepted=outcomes.get(Outcome.ACCEPTED, 0) + outcomes.get(Outcome.VERIFIED, 0),
        attention=sum(outcomes.get(each, 0) for each in NEEDS_ATTENTION),
        amber=sum(lane.amber for lane in lanes),
        red=sum(lane.red for lane in lanes),
        oldest=_oldest_submission(provider.id, at),
        decisions=_recent_decisions(provider.id),
    )


def _counts_of_today(provider_id: int, at: datetime) -> dict[Status, int]:
    since = clock.start_of_day(clock.day(at))
    rows = select(Decision.status, func.count()).where(
        Decision.provider_id == provider_id, Decision.recorded_at >= since, ~is_void()
    )
    return dict(read_session().execute(rows.group_by(Decision.status)).all())


def _counts_by_outcome(provider: Provider) -> dict[Outcome, int]:
    """Submissions by outcome. Once a provider has left sandbox mode, those to the sandbox don't count."""
    rows = select(Submission.outcome, func.count()).where(
        Submission.provider_id == provider.id, Submission.closed_at.is_(None)
    )
    if not provider.in_sandbox_mode:
        rows = rows.where(Submission.endpoint.not_like(sandbox_mode.PATHS))
    return dict(read_session().execute(rows.group_by(Submission.outcome)).all())


def _oldest_submission(provider_id: int, at: datetime) -> OldestSubmission | None:
    oldest = (
        read_session()
        .execute(
            select(Submission.created_at, Submission.safe_deadline)
            .where(Submission.provider_id == provider_id, Submission.outcome.in_(OPEN_OUTCOMES))
            .order_by(Submission.safe_deadline)
            .limit(1)
        )
        .first()
    )
    if oldest is None:
        return None
    return OldestSubmission(*oldest, level=urgency(oldest.created_at, at))


def _recent_decisions(provider_id: int) -> list[RecentDecision]:
    rows = read_session().execute(
        select(Decision, Recipient, Submission.outcome, Submission.closed_at, Brand.name, Brand.is_sandbox)
        .join(Recipient, Recipient.id == Decision.recipient_id)
        .join(Brand, Brand.id == Decision.brand_id)
        .outerjoin(Submission, Submission.decision_id == Decision.id)
        .where(Decision.provider_id == provider_id, ~is_void())
        .order_by(Decision.recorded_at.desc())
        .limit(MAX_DECISIONS)
    )
    return [
        RecentDecision(
            address=recipients.masked_address(vault(), recipient),
            recipient_id=recipient.id,
            channel=decision.channel,
            status=decision.status,
            decided_at=decision.recorded_at,
            outcome=outcome,
            is_closed=closed_at is not None,
            brand_name=brand_name,
            is_sandbox=is_sandbox,
        )
        for decision, recipient, outcome, closed_at, brand_name, is_sandbox in rows
    ]
