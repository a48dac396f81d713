"""Mails to the operator's admins about readiness checks: once one has failed for five minutes, and once it is over."""

from datetime import datetime, timedelta

from flask_babel import force_locale, gettext

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import MailKind, ReadinessAlarm
from portal.core.models.inserts import insert_missing
from portal.domain.notifications import mails
from portal.jobs.independent_steps import independent_step
from portal.services import readiness
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.owner_notifications import notify_admins

FAILING_FOR = timedelta(minutes=5)
BETWEEN_MAILS = timedelta(hours=6)  # About failures of one check, which may come and go.


def notify_of_checks() -> None:
    """Look at every check that `flask doctor` makes, and mail what is new. Commits."""
    faults = {each.check: each for each in readiness.find_faults(readiness.ALL)}
    for name in readiness.ALL:
        fault = faults.get(name)
        with independent_step("check.untold"):
            _note(name, fault, clock.now())
        if fault and fault.stops:  # What comes after it was not checked.
            break


def _note(name: str, fault: readiness.Fault | None, at: datetime) -> None:
    if fault:
        insert_missing(db.session, ReadinessAlarm, [{"check_name": name, "is_told": False}])
    alarm = db.session.get(ReadinessAlarm, name, with_for_update=True, populate_existing=True)
    if alarm is None:
        return
    if fault is None:
        if alarm.is_told and alarm.failing_since:
            _mail(alarm, alarm.failing_since)
        alarm.failing_since, alarm.is_told = None, False
        return
    alarm.failing_since = alarm.failing_since or at
    was_mailed = alarm.mailed_at is not None and at < alarm.mailed_at + BETWEEN_MAILS
    if alarm.is_told or was_mailed or at < alarm.failing_since + FAILING_FOR:
        return
    if _mail(alarm, alarm.failing_since, fault):
        alarm.mailed_at, alarm.is_told = at, True


def _mail(alarm: ReadinessAlarm, since: datetime, fault: readiness.Fault | None = None) -> int:
    """Mail each admin in their language. Returns how many."""
    reached = 0
    for language in mails.LANGUAGES:
        with force_locale(language):
            reason = f"{gettext(fault.finding, **fault.facts)}\n{gettext(fault.cure)}" if fault else ""
        reached += notify_admins(
            MailKind.CHECK_FAILS, language, check=alarm.check_name, at=since, reason=reason, is_over=fault is None,
            link=absolute_url("operator.health"),
        )  # fmt: skip
    return reached
