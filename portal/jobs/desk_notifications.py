"""Mails to the people of a desk about what waits there: one for all of it, since a bad campaign brings hundreds."""

import structlog

from portal.core import clock
from portal.core.business_days import holiday_calendar
from portal.core.extensions import db, reading
from portal.core.models import MailKind, Provider, Role
from portal.domain import complaints
from portal.domain.identity import permissions
from portal.domain.identity.permissions import Permission
from portal.web.shared.absolute_urls import whole
from portal.web.shared.owner_notifications import tell

MAY_ANSWER = tuple(role for role in Role if Permission.COMPLAINTS in permissions.OF_ROLE[role])

log = structlog.get_logger()


class NobodyHears(Exception):
    """A mail reached nobody who may answer: no step may say that the desk was told."""


def tell_all() -> None:
    """Tell each desk what it has not heard. One that fails holds up no other, and is tried again next time. Commits."""
    at = clock.now()
    holiday_calendar.keep_current(reading(), at)
    for provider_id in complaints.untold_desks(reading(), at):
        try:
            _tell(provider_id)
            db.session.commit()
        except Exception:
            db.session.rollback()
            log.exception("desk.untold", provider=provider_id)


def _tell(provider_id: int) -> None:
    untold = complaints.remind(db.session, provider_id, clock.now())
    if untold is None:
        return
    reached = tell(
        db.session.get_one(Provider, provider_id), MailKind.CASES_WAIT, MAY_ANSWER, opened=untold.opened,
        near=untold.near, overdue=untold.overdue, link=whole("desk.queue"),
    )  # fmt: skip
    if not reached:
        raise NobodyHears
