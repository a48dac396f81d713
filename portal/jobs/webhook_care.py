"""Daily messages to webhook endpoints, and mails to the owners of those that fail: one when it begins, one when it is
off."""

from urllib.parse import urlsplit

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.models import MailKind, WebhookEndpoint
from portal.core.vault import CannotOpen
from portal.domain.webhooks import endpoints
from portal.jobs.independent_steps import independent_step, mail_owners
from portal.services.webhooks import maintenance
from portal.web.shared.absolute_urls import absolute_url


def care_for_webhooks() -> None:
    """An endpoint that fails here holds up no other and is tried again. Commits."""
    at = clock.now()
    for find, act in ((maintenance.find_heartbeats, _queue_heartbeat), (maintenance.find_unwarned, _warn_owners)):
        for endpoint_id in find(read_session(), at):
            with independent_step("webhook.untold", id=endpoint_id):
                act(db.session.get_one(WebhookEndpoint, endpoint_id, with_for_update=True))


def delete_old_deliveries() -> None:
    """Delete what the log keeps no longer. Commits."""
    while maintenance.delete_old_deliveries(db.session, clock.now()):
        db.session.commit()
    db.session.rollback()


def _queue_heartbeat(endpoint: WebhookEndpoint) -> None:
    maintenance.queue_heartbeat(db.session, endpoint, clock.now())


def _warn_owners(endpoint: WebhookEndpoint) -> None:
    if endpoint.mailed_at is not None:  # Another worker was first.
        return
    try:
        host = urlsplit(endpoints.read_url(vault(), endpoint)).netloc
    except CannotOpen:
        host = "webhook"
    link = absolute_url("dashboard.list_webhook_deliveries", webhook_id=endpoint.id)
    facts = {"host": host, "reason": endpoint.off_reason or "", "position": str(endpoint.position), "link": link}
    mail_owners(endpoint.provider_id, MailKind.WEBHOOK_FAILS, **facts)
    endpoint.mailed_at = clock.now()
