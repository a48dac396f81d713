"""Mails to the people of a desk: one for all that waits there, since a bad campaign brings hundreds of cases."""

import structlog

from portal.core import clock
from portal.core.business_days import holiday_calendar
from portal.core.extensions import db, read_session
from portal.core.models import MailKind, Provider, Role
from portal.domain import complaints
from portal.domain.identity import permissions
from portal.domain.identity.permissions import Permission
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.owner_notifications import notify_roles

ANSWERING_ROLES = tuple(role for role in Role if Permission.COMPLAINTS in permissions.ROLE_PERMISSIONS[role])

log = structlog.get_logger()


class NobodyNotified(Exception):
    """A mail reached nobody who may answer, so no step may say that the desk was notified."""


def notify_desks() -> None:
    """Mail each desk what is new there. One that fails holds up no other and is tried again next time. Commits."""
    at = clock.now()
    holiday_calendar.refresh_corrections(read_session(), at)
    for provider_id in complaints.desks_to_remind(read_session(), at):
        try:
            _notify_desk(provider_id)
            db.session.commit()
        except Exception:
            db.session.rollback()
            log.exception("desk.untold", provider=provider_id)


def _notify_desk(provider_id: int) -> None:
    reminder = complaints.record_reminders(db.session, provider_id, clock.now())
    if reminder is None:
        return
    reached = notify_roles(
        db.session.get_one(Provider, provider_id), MailKind.CASES_WAIT, ANSWERING_ROLES, opened=reminder.opened,
        near=reminder.near, overdue=reminder.overdue, link=absolute_url("desk.queue"),
    )  # fmt: skip
    if not reached:
        raise NobodyNotified
