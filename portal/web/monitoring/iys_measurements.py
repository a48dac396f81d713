"""What is measured of İYS: what waits for it, how late, what it answers, and how much may still be asked."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from portal.core import ids
from portal.core.iys_clock_difference import ahead
from portal.core.iys_protocol import Operation
from portal.core.models import Attempt, DecisionTally, ForwardingHold, Lane, Outcome, Provider, Submission
from portal.domain.consents import pull_lapses
from portal.domain.consents.urgency import AMBER, RED
from portal.services.iys import circuit_breaker, egresses, rate_limit, success_rate
from portal.services.iys.call_guard import PLAIN_CODE

MAX_ROWS = 10_000  # Rows that a measurement looks at: a number that reaches it means "at least".
ANSWERS_WITHIN = timedelta(minutes=10)
ADMITTED = select(Provider.id).where(Provider.admitted_at.is_not(None))  # Others are told to the sandbox.
STOPPED = (Outcome.PARKED, Outcome.BLOCKED, Outcome.EXPIRED)


def measure_decisions(session: Session, _at: datetime) -> Iterator[Metric]:
    found = CounterMetricFamily(
        "izinlink_decisions", "Decisions that were numbered as events.", labels=("origin", "status")
    )
    for row in session.scalars(select(DecisionTally)):
        found.add_metric((row.origin, row.status), row.decisions)
    yield found


def measure_lanes(session: Session, at: datetime) -> Iterator[Metric]:
    """Of each lane the first MAX_ROWS that wait; the deadline is the nearest of all."""
    waiting = GaugeMetricFamily("izinlink_submissions_waiting", "Submissions that wait for İYS.", labels=("lane",))
    age = GaugeMetricFamily("izinlink_submission_age_seconds", "Age of the oldest that waits.", labels=("lane",))
    late = GaugeMetricFamily("izinlink_submissions_late", "Waiting for 24 and 48 hours.", labels=("lane", "level"))
    for lane in Lane:
        is_waiting = Submission.due_at.is_not(None), Submission.provider_id.in_(ADMITTED), Submission.lane == lane
        created_at = select(Submission.created_at).where(*is_waiting).limit(MAX_ROWS).subquery().c.created_at
        counts = [func.count().filter(created_at <= at - each) for each in (AMBER, RED)]
        count, oldest, *lates = session.execute(select(func.count(), func.min(created_at), *counts)).one()
        waiting.add_metric((lane,), count)
        age.add_metric((lane,), (at - oldest).total_seconds() if oldest else 0)
        for level, number in zip(("amber", "red"), lates, strict=True):
            late.add_metric((lane, level), number)
    deadline = GaugeMetricFamily("izinlink_submission_deadline_seconds", "Until the nearest last lawful minute.")
    of_admitted = exists().where(Provider.id == Submission.provider_id, Provider.admitted_at.is_not(None))
    by_deadline = select(Submission.lenient_deadline).where(Submission.due_at.is_not(None), of_admitted)
    if nearest := session.scalar(by_deadline.order_by(Submission.lenient_deadline).limit(1)):
        deadline.add_metric((), (nearest - at).total_seconds())
    yield from (waiting, age, late, deadline)


def measure_stopped(session: Session, _at: datetime) -> Iterator[Metric]:
    found = GaugeMetricFamily("izinlink_submissions_stopped", "That a person must look at.", labels=("outcome",))
    for outcome in STOPPED:
        theirs = Submission.provider_id.in_(ADMITTED), Submission.outcome == outcome, Submission.closed_at.is_(None)
        first = select(Submission.id).where(*theirs).limit(MAX_ROWS).subquery()
        found.add_metric((outcome,), session.scalars(select(func.count()).select_from(first)).one())
    yield found


def measure_answers(session: Session, at: datetime) -> Iterator[Metric]:
    """By İYS's codes, of which it makes new ones; what is no plain code counts as another."""
    found = GaugeMetricFamily(
        "izinlink_iys_answers", "Answers about submissions in ten minutes.", labels=("question", "status", "code")
    )
    lately = select(Attempt.question, Attempt.http_status, Attempt.code).order_by(Attempt.id.desc()).limit(MAX_ROWS)
    rows = lately.where(Attempt.id >= ids.first_id(at - ANSWERS_WITHIN)).subquery()
    counts: dict[tuple[str, str, str], int] = {}
    columns = rows.c.question, rows.c.http_status, rows.c.code
    for question, status, code, count in session.execute(select(*columns, func.count()).group_by(*columns)):
        plain = code if PLAIN_CODE.fullmatch(code or "") else "other" if code else "none"
        counts[question, str(status), plain] = counts.get((question, str(status), plain), 0) + count
    for labels, count in counts.items():
        found.add_metric(labels, count)
    yield found


def measure_calls(session: Session, at: datetime) -> Iterator[Metric]:
    """Also what polling has of the pace: its calls beside those of all."""
    of_question, of_egress = ("egress", "question"), ("egress",)
    calls = GaugeMetricFamily("izinlink_iys_calls", "Calls of an hour.", labels=of_question)
    left = GaugeMetricFamily("izinlink_iys_calls_left_ratio", "Of an hourly budget.", labels=of_question)
    ratio = GaugeMetricFamily("izinlink_iys_success_ratio", "Of 24 hours; none where calls are few.", labels=of_egress)
    for egress in egresses.list_all(session):
        with egresses.using(egress):
            made = rate_limit.calls_by_question(session, rate_limit.HOUR, at)
            for operation in Operation:
                calls.add_metric((egress.name, operation), made.get(operation, 0))
                if limit := rate_limit.calls_per_hour(operation):
                    free = rate_limit.calls_left(session, operation, at) or 0
                    left.add_metric((egress.name, operation), free / limit)
            kept = success_rate.measure(session, at)
            if kept.ratio is not None:
                ratio.add_metric((egress.name,), kept.ratio)
    yield from (calls, left, ratio)


def measure_host(session: Session, at: datetime) -> Iterator[Metric]:
    away = GaugeMetricFamily("izinlink_iys_unreachable", "1 while the circuit breaker is open.", labels=("egress",))
    failed = GaugeMetricFamily(
        "izinlink_iys_failed_providers", "Providers whose calls fail since İYS's last answer.", labels=("egress",)
    )
    for egress in egresses.list_all(session):
        with egresses.using(egress):
            host = circuit_breaker.host_state(session, at)
        away.add_metric((egress.name,), float(host.resting))
        failed.add_metric((egress.name,), len(host.failed))
    yield from (away, failed)
    yield _gauge("izinlink_iys_clock_ahead_seconds", "Of our clock.", ahead(session).total_seconds())
    holds = GaugeMetricFamily("izinlink_forwarding_holds", "Parts of providers that are held.", labels=("code",))
    held = select(ForwardingHold.code, func.count()).where(ForwardingHold.until > at).group_by(ForwardingHold.code)
    for code, count in session.execute(held):
        holds.add_metric((code,), count)
    yield holds


def measure_pulls(session: Session, at: datetime) -> Iterator[Metric]:
    """Of live brands: what people refuse at İYS is learned by pulls."""
    oldest = pull_lapses.oldest_pull(session, at)
    age = (at - oldest).total_seconds() if oldest else 0
    yield _gauge("izinlink_iys_feed_age_seconds", "Since the last pull of the feed that waits longest.", age)


ALL = (
    measure_decisions, measure_lanes, measure_stopped, measure_answers, measure_calls, measure_host, measure_pulls,
)  # fmt: skip


def _gauge(name: str, documentation: str, value: float) -> Metric:
    return GaugeMetricFamily(name, documentation, value=value)
