"""The first page: today's decisions, how İYS keeps up, and how long is left for the oldest."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import render_template
from flask_login import current_user
from sqlalchemy import func, or_, select

from portal import addresses, clock, recipients, registry
from portal.dashboard import door
from portal.extensions import reading, vault
from portal.models import OPEN, Brand, Connection, Credential, Decision, Outcome, Recipient, Submission
from portal.registry import Channel, Status

AMBER, RED = timedelta(hours=24), timedelta(hours=48)
NEEDS_ATTENTION = (Outcome.PARKED, Outcome.EXPIRED)  # What is blocked has an alert of its own, and goes on by itself.
RECENT = 12


@dataclass(frozen=True)
class Deadline:
    """The oldest decision that İYS has not heard yet."""

    since: datetime
    deadline: datetime
    level: str


@dataclass(frozen=True)
class Recent:
    """One decision in the list."""

    address: str
    recipient_id: int
    channel: Channel
    status: Status
    decided_at: datetime
    outcome: Outcome | None
    brand_name: str


@dataclass(frozen=True)
class Figures:
    """What the overview shows."""

    granted_today: int
    refused_today: int
    waiting: int
    accepted: int
    attention: int
    late: int
    oldest: Deadline | None
    decisions: list[Recent]


@door.get("/")
def overview():
    """Show how things stand."""
    mine = current_user.provider_id
    blocked = _blocked_code(mine, clock.now())
    return render_template(
        "dashboard/overview.html",
        figures=_figures(mine, clock.now()),
        blocked_code=blocked,
        blocked_sentence=registry.sentence_of(blocked) if blocked else None,
    )


def _blocked_code(provider_id: int, at: datetime) -> str | None:
    """What İYS has against this provider now: against its rights and package, or against its credential."""
    theirs = or_(Connection.blocked_until > at, Connection.grants_blocked_until > at)
    row = reading().execute(
        select(Connection.blocked_code.label("connection"), Credential.blocked_code.label("credential"), theirs)
        .join(Credential, Credential.id == Connection.credential_id)
        .where(Connection.provider_id == provider_id)
    ).one_or_none()
    if row is None:
        return None
    return row.credential or (row.connection if row[2] else None)


def _figures(provider_id: int, at: datetime) -> Figures:
    today = _decided_today(provider_id, at)
    outcomes = _outcomes(provider_id)
    return Figures(
        granted_today=today.get(Status.GRANTED, 0),
        refused_today=today.get(Status.REFUSED, 0),
        waiting=sum(outcomes.get(each, 0) for each in OPEN),
        accepted=outcomes.get(Outcome.ACCEPTED, 0) + outcomes.get(Outcome.VERIFIED, 0),
        attention=sum(outcomes.get(each, 0) for each in NEEDS_ATTENTION),
        late=_late(provider_id, at),
        oldest=_oldest(provider_id, at),
        decisions=_recent(provider_id),
    )


def _decided_today(provider_id: int, at: datetime) -> dict[Status, int]:
    since = clock.start_of_day(clock.day(at))
    mine = select(Decision.status, func.count()).where(
        Decision.provider_id == provider_id, Decision.recorded_at >= since
    )
    return dict(reading().execute(mine.group_by(Decision.status)).all())


def _outcomes(provider_id: int) -> dict[Outcome, int]:
    mine = select(Submission.outcome, func.count()).where(Submission.provider_id == provider_id)
    return dict(reading().execute(mine.group_by(Submission.outcome)).all())


def _late(provider_id: int, at: datetime) -> int:
    late = select(func.count()).where(
        Submission.provider_id == provider_id, Submission.outcome.in_(OPEN), Submission.created_at < at - AMBER
    )
    return reading().scalar(late)


def _oldest(provider_id: int, at: datetime) -> Deadline | None:
    oldest = (
        reading()
        .execute(
            select(Submission.created_at, Submission.safe_deadline)
            .where(Submission.provider_id == provider_id, Submission.outcome.in_(OPEN))
            .order_by(Submission.safe_deadline)
            .limit(1)
        )
        .first()
    )
    if oldest is None:
        return None
    age = at - oldest.created_at
    return Deadline(*oldest, level="red" if age >= RED else "amber" if age >= AMBER else "ok")


def _recent(provider_id: int) -> list[Recent]:
    rows = reading().execute(
        select(Decision, Recipient, Submission.outcome, Brand.name)
        .join(Recipient, Recipient.id == Decision.recipient_id)
        .join(Brand, Brand.id == Decision.brand_id)
        .outerjoin(Submission, Submission.decision_id == Decision.id)
        .where(Decision.provider_id == provider_id)
        .order_by(Decision.recorded_at.desc())
        .limit(RECENT)
    )
    return [
        Recent(
            address=addresses.mask(recipients.address_of(vault(), recipient)),
            recipient_id=recipient.id,
            channel=decision.channel,
            status=decision.status,
            decided_at=decision.recorded_at,
            outcome=outcome,
            brand_name=brand_name,
        )
        for decision, recipient, outcome, brand_name in rows
    ]
