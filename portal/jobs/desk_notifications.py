"""Mails to the people of a desk: one for all cases that wait there, since a bad campaign brings hundreds, and one for
all replies that may refuse."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, and_, false, func, or_, select, update

from portal.core import business_days, clock
from portal.core.business_days import holiday_calendar
from portal.core.extensions import db, read_session
from portal.core.models import NO_PROVIDER, EventOutcome, GatewayEvent, MailKind, Provider, Role
from portal.domain import complaints
from portal.domain.identity import permissions
from portal.domain.identity.permissions import Permission
from portal.domain.notifications import mails
from portal.jobs.independent_steps import NobodyNotified, independent_step
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.owner_notifications import notify_admins, notify_roles

ANSWERING_ROLES = tuple(role for role in Role if Permission.COMPLAINTS in permissions.ROLE_PERMISSIONS[role])

ProviderId = TypeVar("ProviderId", int, int | None)  # None: the operator.
AFTERNOON = timedelta(hours=16)  # Of the day in Istanbul.


def notify_desks() -> None:
    """Mail each desk what is new there. One that fails holds up no other and is tried again next time. Commits."""
    at = clock.now()
    holiday_calendar.refresh_corrections(read_session(), at)
    _notify_each(complaints.desks_to_remind(read_session(), at), _notify_of_cases)
    firms = read_session().scalars(select(GatewayEvent.provider_id).where(_is_untold_reply(at)).distinct())
    _notify_each(firms.all(), _notify_of_replies)


def _notify_each(provider_ids: Iterable[ProviderId], notify: Callable[[ProviderId], None]) -> None:
    for provider_id in provider_ids:
        with independent_step("desk.untold", provider=provider_id or NO_PROVIDER):
            notify(provider_id)


def _notify_of_cases(provider_id: int) -> None:
    reminder = complaints.record_reminders(db.session, provider_id, clock.now())
    if reminder is None:
        return
    reached = notify_roles(
        db.session.get_one(Provider, provider_id), MailKind.CASES_WAIT, ANSWERING_ROLES, opened=reminder.opened,
        near=reminder.near, overdue=reminder.overdue, link=absolute_url("desk.queue"),
    )  # fmt: skip
    if not reached:
        raise NobodyNotified


def _notify_of_replies(provider_id: int | None) -> None:
    """Of a firm's replies its people; of those to the operator's number the operator's admins."""
    at, theirs = clock.now(), and_(GatewayEvent.provider_id.is_not_distinct_from(provider_id), _may_refuse())
    count = db.session.scalar(select(func.count()).select_from(GatewayEvent).where(theirs))
    if provider_id is None:
        link = absolute_url("operator.list_replies")
        reached = notify_admins(MailKind.REPLIES_WAIT, place=mails.OPERATOR, count=count, link=link)
    else:
        provider, link = db.session.get_one(Provider, provider_id), absolute_url("desk.list_replies")
        reached = notify_roles(provider, MailKind.REPLIES_WAIT, ANSWERING_ROLES, count=count, link=link)
    if not reached:
        raise NobodyNotified
    db.session.execute(update(GatewayEvent).where(theirs).values(reminded_at=at))


def _may_refuse() -> ColumnElement[bool]:
    waits = GatewayEvent.settled_at.is_(None), GatewayEvent.body.is_not(None)
    return and_(GatewayEvent.outcome == EventOutcome.LIKELY_REFUSAL, *waits)


def _is_untold_reply(at: datetime) -> ColumnElement[bool]:
    """The condition that a reply may refuse and its desk must hear of it: when it has come, and again from four o'clock
    on of each business day, since a person decides on the same one."""
    afternoon = clock.start_of_day(clock.day(at)) + AFTERNOON
    is_late = at >= afternoon and business_days.is_business_day(clock.day(at), half_days_count=False)
    was_told_before = GatewayEvent.reminded_at < afternoon if is_late else false()
    return and_(_may_refuse(), or_(GatewayEvent.reminded_at.is_(None), was_told_before))
