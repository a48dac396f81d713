"""What is measured beside İYS: programs and checks, messages and mails, webhooks, disk, schema, maintenance."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta

from flask import current_app
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import case, func, select, text
from sqlalchemy.orm import Session

from portal.core import ids
from portal.core.models import (
    Event,
    GatewayState,
    Mail,
    Maintenance,
    Message,
    MessageGateway,
    MessageState,
    RowTallyChange,
    WebhookEndpoint,
)
from portal.services import readiness
from portal.services.messaging import event_turns
from portal.services.readiness import heartbeats
from portal.web.monitoring.iys_measurements import MAX_ROWS

LATELY = timedelta(hours=1)
NEVER = float("inf")


def measure_checks(_session: Session, _at: datetime) -> Iterator[Metric]:
    """As `flask doctor` finds them. What comes after a fault that stops was not checked, and has no sample."""
    found = GaugeMetricFamily("izinlink_check_failing", "1 where a readiness check fails.", labels=("check",))
    faults = readiness.find_faults(readiness.ALL)
    names = list(readiness.ALL)
    for name in names[: names.index(faults[-1].check) + 1] if faults and faults[-1].stops else names:
        found.add_metric((name,), float(name in [each.check for each in faults]))
    yield found


def measure_heartbeats(session: Session, at: datetime) -> Iterator[Metric]:
    found = GaugeMetricFamily("izinlink_heartbeat_age_seconds", "Since a program told that it runs.", labels=("role",))
    for role in readiness.PROGRAMS:
        seen_at = heartbeats.last_seen(session, role)
        found.add_metric((role,), (at - seen_at).total_seconds() if seen_at else NEVER)
    yield found


def measure_messages(session: Session, at: datetime) -> Iterator[Metric]:
    """Messages to recipients and mails to users: what waits, for how long, and what became of those of an hour."""
    waiting = GaugeMetricFamily("izinlink_messages_waiting", "Messages that wait.", labels=("kind",))
    age = GaugeMetricFamily("izinlink_message_age_seconds", "Age of the oldest that waits.", labels=("kind",))
    for kind, model, conditions in (
        ("urgent", Message, (Message.rank == 0, Message.state == MessageState.WAITING)),
        ("campaign", Message, (Message.rank > 0, Message.state == MessageState.WAITING)),
        ("mail", Mail, ()),
    ):
        due = select(model.created_at).where(model.due_at.is_not(None), *conditions).limit(MAX_ROWS).subquery()
        count, oldest = session.execute(select(func.count(), func.min(due.c.created_at))).one()
        waiting.add_metric((kind,), count)
        age.add_metric((kind,), (at - oldest).total_seconds() if oldest else 0)
    recent = GaugeMetricFamily("izinlink_recent_messages", "Of an hour, by state.", labels=("kind", "state"))
    for kind, model in (("message", Message), ("mail", Mail)):
        newest = select(model.state).where(model.id >= ids.first_id(at - LATELY)).order_by(model.id.desc())
        states = newest.limit(MAX_ROWS).subquery().c.state
        for state, count in session.execute(select(states, func.count()).group_by(states)):
            recent.add_metric((kind, state), count)
    stopped = select(func.count(MessageGateway.id)).where(MessageGateway.state == GatewayState.STOPPED)
    gateways = GaugeMetricFamily("izinlink_gateways_stopped", "Accounts at vendors.", value=session.scalar(stopped))
    yield from (waiting, age, recent, gateways)


def measure_news(session: Session, at: datetime) -> Iterator[Metric]:
    """What accounts told of messages, and nobody has read yet."""
    age = GaugeMetricFamily("izinlink_news_age_seconds", "Age of the oldest that an account told.", labels=("kind",))
    for kind, only_reports in (("refusal", False), ("report", True)):  # A refusal as far as it may be one.
        oldest = event_turns.oldest_due(session, at, only_reports=only_reports)
        age.add_metric((kind,), (at - oldest).total_seconds() if oldest else 0)
    yield age


def measure_webhooks(session: Session, _at: datetime) -> Iterator[Metric]:
    own = Event.provider_id == WebhookEndpoint.provider_id, Event.sequence.is_not(None)
    newest = select(func.coalesce(func.max(Event.sequence), 0)).where(*own).scalar_subquery()
    is_on = WebhookEndpoint.due_at.is_not(None)
    failing = func.count().filter(WebhookEndpoint.failing_since.is_not(None))
    waiting = case((newest > WebhookEndpoint.position, newest - WebhookEndpoint.position), else_=0)
    lag = func.max(waiting).filter(WebhookEndpoint.failing_since.is_(None))
    most, count = session.execute(select(lag, failing).select_from(WebhookEndpoint).where(is_on)).one()
    yield GaugeMetricFamily("izinlink_webhook_lag_events", "Of the endpoint that is most behind and works.", most or 0)
    yield GaugeMetricFamily("izinlink_webhook_endpoints_failing", "Endpoints whose attempts fail.", count)
    sequence = GaugeMetricFamily("izinlink_events_unsequenced", "Events that wait for their number.")
    first = select(Event.id).where(Event.sequence.is_(None)).limit(MAX_ROWS).subquery()
    sequence.add_metric((), session.scalars(select(func.count()).select_from(first)).one())
    yield sequence


def measure_row_tallies(session: Session, _at: datetime) -> Iterator[Metric]:
    first = select(RowTallyChange.id).limit(MAX_ROWS).subquery()
    count = session.scalars(select(func.count()).select_from(first)).one()
    yield GaugeMetricFamily("izinlink_row_tally_changes", "Changes of counts that wait for their total.", count)


def measure_installation(session: Session, _at: datetime) -> Iterator[Metric]:
    schema = GaugeMetricFamily("izinlink_schema_info", "Revision of the database's schema.", labels=("revision",))
    for revision in session.scalars(text("SELECT version_num FROM alembic_version")):
        schema.add_metric((revision,), 1)
    disk = shutil.disk_usage(current_app.config["INSTANCE"])
    is_on = session.get(Maintenance, Maintenance.THE_ONE) is not None
    yield schema
    yield GaugeMetricFamily("izinlink_disk_free_ratio", "Of the disk of INSTANCE.", disk.free / disk.total)
    yield GaugeMetricFamily("izinlink_maintenance", "1 while the maintenance mode is on.", float(is_on))


ALL = (
    measure_checks, measure_heartbeats, measure_messages, measure_news, measure_webhooks, measure_row_tallies,
    measure_installation,
)  # fmt: skip
