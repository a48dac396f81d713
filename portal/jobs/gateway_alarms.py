"""Mails to owners whose gateway of messages has stopped: one for each stop."""

from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import GatewayState, MailKind, MessageGateway, Provider, Role
from portal.domain.notifications.gateways import GENERIC
from portal.jobs.independent_steps import NobodyNotified, independent_step
from portal.services.messaging.gateways.offered_vendors import OFFERED
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.owner_notifications import notify_roles


def notify_owners_of_gateways() -> None:
    """A provider that fails holds up no other and is tried again. Commits."""
    untold = select(MessageGateway.id).where(
        MessageGateway.state == GatewayState.STOPPED, MessageGateway.stop_mailed_at.is_(None),
        MessageGateway.provider_id.is_not(None),
    )  # fmt: skip
    for gateway_id in read_session().scalars(untold).all():
        with independent_step("gateway.untold", gateway=gateway_id):
            _notify_owners(db.session.get_one(MessageGateway, gateway_id, with_for_update=True))


def _notify_owners(gateway: MessageGateway) -> None:
    if gateway.state != GatewayState.STOPPED or gateway.stop_mailed_at:
        return
    provider = db.session.get_one(Provider, gateway.provider_id)
    link = absolute_url("dashboard.show_gateway", gateway_id=gateway.id)
    vendor = "SMS" if gateway.vendor == GENERIC else OFFERED[gateway.vendor].title  # Its name is the firm's own word.
    facts = {"vendor": vendor, "link": link}
    if not notify_roles(provider, MailKind.GATEWAY_STOPPED, (Role.OWNER,), **facts):
        raise NobodyNotified
    gateway.stop_mailed_at = clock.now()
