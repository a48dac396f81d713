"""Mails to owners whose gateway of messages has stopped, or whose inbox cannot be read: one for each time."""

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, or_, select

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import GatewayState, MailKind, MessageGateway
from portal.domain.notifications.gateways import GENERIC, has_failing_inbox, has_failing_sweeps, has_unread_reports
from portal.jobs.independent_steps import independent_step, mail_owners
from portal.services.messaging.gateways.offered_vendors import OFFERED
from portal.web.shared.absolute_urls import absolute_url

INBOX_MAILED_AFTER = timedelta(hours=4)  # Most vendors and mail servers are back before.


def notify_owners_of_gateways() -> None:
    """A provider that fails holds up no other and is tried again. Commits."""
    for gateway_id in read_session().scalars(select(MessageGateway.id).where(_fails_untold())).all():
        with independent_step("gateway.untold", gateway=gateway_id):
            _notify_owners(gateway_id)


def _fails_untold() -> ColumnElement[bool]:
    at, mailed_at = clock.now(), MessageGateway.stop_mailed_at
    is_unread = has_failing_sweeps(at, INBOX_MAILED_AFTER)
    fails = or_(
        MessageGateway.state == GatewayState.STOPPED, is_unread, has_unread_reports(at, INBOX_MAILED_AFTER)
    )  # fmt: skip
    # What was mailed before the inbox was read last was of its reports.
    is_news = or_(and_(mailed_at.is_(None), fails), and_(mailed_at < MessageGateway.swept_at, is_unread))
    return and_(MessageGateway.provider_id.is_not(None), is_news)


def _notify_owners(gateway_id: int) -> None:
    still = select(MessageGateway).where(MessageGateway.id == gateway_id, _fails_untold())
    gateway = db.session.scalar(still.with_for_update(of=MessageGateway))
    if gateway is None or gateway.provider_id is None:
        return
    link = absolute_url("dashboard.show_gateway", gateway_id=gateway.id)
    vendor = "SMS" if gateway.vendor == GENERIC else OFFERED[gateway.vendor].title  # Its name is the firm's own word.
    if gateway.state == GatewayState.STOPPED:
        mail_owners(gateway.provider_id, MailKind.GATEWAY_STOPPED, vendor=vendor, link=link)
    else:
        unread = _find_unread(gateway)
        mail_owners(gateway.provider_id, MailKind.INBOX_UNREAD, vendor=vendor, unread=unread, link=link)
    gateway.stop_mailed_at = clock.now()


def _find_unread(gateway: MessageGateway) -> str:
    """What an account does not tell, as its owners are told: of several what holds most refusals."""
    at, its = clock.now(), select(MessageGateway.id).where(MessageGateway.id == gateway.id)
    if db.session.scalar(its.where(has_failing_inbox(at, INBOX_MAILED_AFTER))):
        return "replies"
    return "refusals" if db.session.scalar(its.where(has_failing_sweeps(at, INBOX_MAILED_AFTER))) else "reports"
