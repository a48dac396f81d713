"""Mails about people who are to be told today what they decided: at 18:00 and 22:00 while some wait, and after midnight
about consents that were not confirmed. They go to the provider's people who may do it themselves, and to the operator's
where its gateways carry them."""

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import NO_PROVIDER, MailKind, Provider, Role
from portal.domain.identity import permissions
from portal.domain.identity.permissions import Permission
from portal.domain.notifications import confirmations, mails
from portal.domain.notifications.confirmations import Alarm
from portal.jobs.independent_steps import NobodyNotified, independent_step
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.owner_notifications import notify_admins, notify_roles

CONFIRMING_ROLES = tuple(role for role in Role if Permission.EXPORT in permissions.ROLE_PERMISSIONS[role])


def notify_of_confirmations() -> None:
    """Mail each provider's people, and the operator's, what is due. One that fails holds up no other and is tried
    again. Commits."""
    confirmations.record_quiet(db.session, clock.now())
    db.session.commit()
    for provider_id in confirmations.list_untold(read_session(), clock.now()):
        with independent_step("confirmations.untold", provider=provider_id):
            for alarm in confirmations.record_alarms(db.session, provider_id, clock.now()):
                _notify(provider_id, alarm)


def _notify(provider_id: int, alarm: Alarm) -> None:
    facts = {"count": str(alarm.count), "day": f"{alarm.day:%d/%m/%Y}", "is_over": alarm.is_over}
    if provider_id != NO_PROVIDER:
        link = absolute_url("dashboard.confirmations", day=alarm.day.isoformat())
        provider = db.session.get_one(Provider, provider_id)
        reached = notify_roles(provider, MailKind.CONFIRMATIONS_WAIT, CONFIRMING_ROLES, **facts, link=link)
    else:
        facts |= {"place": mails.OPERATOR, "link": absolute_url("operator.gateways")}
        reached = notify_admins(MailKind.CONFIRMATIONS_WAIT, **facts)
    if not reached:
        raise NobodyNotified
