"""The dashboard's first page: today's decisions, what waits for İYS, and the oldest deadline."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template
from flask_login import current_user
from sqlalchemy import Row, select

from portal.core import clock
from portal.core.extensions import read_session, vault
from portal.core.iys_protocol import Status
from portal.core.models import (
    OPEN_OUTCOMES,
    Brand,
    Decision,
    Difference,
    Outcome,
    Provider,
    Recipient,
    Submission,
    Tallied,
    count_rows,
    is_void,
)
from portal.domain import complaints, consent_points, packages
from portal.domain.consents import recipients
from portal.domain.consents.brand_lapses import list_lapses
from portal.domain.consents.pull_lapses import lapsed_pulls
from portal.domain.consents.urgency import Urgency, urgency
from portal.domain.identity.permissions import Permission
from portal.domain.providers import sandbox_mode
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.iys.differences import count_open
from portal.web.dashboard.iys.forwarding_status import block_of, is_connected, is_forwarding, lane_backlogs
from portal.web.dashboard.recipients.recipients import count_reassigned
from portal.web.shared.access import needs
from portal.web.shared.gateway_account_page import own_accounts

NEEDS_ATTENTION = (Outcome.PARKED, Outcome.EXPIRED)  # Blocked ones have an alert of their own.
MAX_DECISIONS, MAX_LAPSES = 12, 3


@dataclass(frozen=True)
class OldestSubmission:
    """The decision closest to its deadline at İYS."""

    since: datetime
    deadline: datetime
    level: Urgency


@blueprint.get("/")
@needs(Permission.LOOK)
def overview() -> str:
    provider, at = current_user.provider, clock.now()
    today, outcomes = _counts_of_today(provider, at), _counts_by_outcome(provider)
    lanes = lane_backlogs(provider.id, at)
    return render_template(
        "dashboard/overview.html",
        granted_today=today[Status.GRANTED],
        refused_today=today[Status.REFUSED],
        to_forward=sum(lane.count for lane in lanes),
        accepted=outcomes[Outcome.ACCEPTED] + outcomes[Outcome.VERIFIED],
        attention=sum(outcomes[each] for each in NEEDS_ATTENTION),
        amber=sum(lane.amber for lane in lanes),
        red=sum(lane.red for lane in lanes),
        oldest=_oldest_submission(provider.id, at),
        decisions=_recent_decisions(provider),
        block=block_of(provider.id, at),
        differences=count_open(Difference.provider_id == provider.id),
        lapses=list_lapses(read_session(), lapsed_pulls(at), MAX_LAPSES, provider.id),
        stopped_gateways=[each for each in own_accounts() if each.explanation],
        is_connected=is_connected(provider.id),
        is_forwarding=is_forwarding(provider.id),
        reassigned=count_reassigned(provider.id, at),
        standing=packages.measure_usage(read_session(), provider, at, with_iys=False),
        alarmed=consent_points.list_alarmed_points(read_session(), clock.day(at), provider.id),
        waiting=complaints.count_waiting(read_session(), provider.id, at)
        if current_user.may_at_provider(Permission.COMPLAINTS)
        else None,
    )


def _counts_of_today(provider: Provider, at: datetime) -> Counter[str]:
    brands = set(map(str, read_session().scalars(sandbox_mode.counted_brands(provider))))
    found: Counter[str] = Counter()
    for (_day, brand, status), count in count_rows(
        read_session(), Tallied.DECISIONS, provider.id, since=clock.day(at)
    ).items():
        found[status] += count if brand in brands else 0
    return found


def _counts_by_outcome(provider: Provider) -> Counter[str]:
    """Ended submissions by outcome. Once a provider has left sandbox mode, those to the sandbox don't count."""
    found: Counter[str] = Counter()
    for (outcome, told), count in count_rows(read_session(), Tallied.SUBMISSIONS, provider.id).items():
        found[outcome] += count if told == "iys" or provider.in_sandbox_mode else 0
    return found


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


def _recent_decisions(provider: Provider) -> list[tuple[Row[*tuple[Any, ...]], str]]:
    """Decisions with their masked addresses, the newest first; those of sandbox mode only while it lasts."""
    rows = read_session().execute(
        select(
            Decision, Recipient, Submission.outcome, Submission.closed_at, Brand.name.label("brand_name"),
            Brand.is_sandbox,
        )
        .join(Recipient, Recipient.id == Decision.recipient_id)
        .join(Brand, Brand.id == Decision.brand_id)
        .outerjoin(Submission, Submission.decision_id == Decision.id)
        .where(Decision.provider_id == provider.id, ~is_void())
        .where(Decision.brand_id.in_(sandbox_mode.counted_brands(provider)))
        .order_by(Decision.recorded_at.desc())
        .limit(MAX_DECISIONS)
    )  # fmt: skip
    return [(row, recipients.masked_address(vault(), row.Recipient)) for row in rows]
