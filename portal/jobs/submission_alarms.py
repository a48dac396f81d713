"""Mails to owners whose decisions İYS has not taken: after 24 and 48 hours, and when parked, blocked or expired."""

import structlog

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import AlarmLevel, Event, EventType, MailKind, Provider, Role
from portal.domain.consents import alarms
from portal.jobs.independent_steps import independent_step
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.owner_notifications import notify_roles

log = structlog.get_logger()

EVENTS = {
    AlarmLevel.AMBER: EventType.DEADLINE_NEAR, AlarmLevel.RED: EventType.DEADLINE_NEAR,
    AlarmLevel.EXPIRED: EventType.DEADLINE_PASSED,
}  # fmt: skip


def notify_owners_of_submissions() -> None:
    """Mail what is new, one mail per level. A provider that fails holds up no other and is tried again. Commits."""
    for provider_id in alarms.list_watched(read_session(), clock.now()):
        with independent_step("submissions.untold", provider=provider_id):
            if alarms.has_news(read_session(), provider_id, clock.now()):
                _notify_owners(provider_id)


def _notify_owners(provider_id: int) -> None:
    provider = db.session.get_one(Provider, provider_id)
    for alarm in alarms.record_alarms(db.session, provider_id, clock.now()):
        link = absolute_url("dashboard.forwarding", show=alarm.level.value, _anchor="cases")
        level, count = alarm.level.value, str(alarm.count)
        if alarm.is_news and alarm.level in EVENTS:
            Event.record(
                db.session, EVENTS[alarm.level], provider_id, provider_id=provider_id, at=clock.now(),
                facts={"level": level, "count": alarm.count},
            )  # fmt: skip
        if not notify_roles(
            provider, MailKind.SUBMISSIONS_WAIT, (Role.OWNER,), level=level, count=count, link=link
        ):  # fmt: skip
            alarms.record_unmailed(db.session, provider_id, alarm.level)  # Programs are told all the same.
            log.error("submissions.unmailed", provider=provider_id, level=level)
