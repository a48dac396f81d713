"""The log of an endpoint: what was sent, what was answered, and once more."""

import json

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, tuple_

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.guarded_requests import DeliveryFailure
from portal.core.ids import parse_id
from portal.core.models import Event, WebhookDelivery, WebhookEndpoint
from portal.domain.identity.permissions import Permission
from portal.domain.webhooks import endpoints
from portal.services.webhooks import payloads
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.webhooks.endpoints import render_webhook
from portal.web.dashboard.webhooks.forms import EndpointForm, LogFilter, ReplayForm, type_label
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.own_rows import own_row_or_404
from portal.web.shared.redirects import commit_and_redirect

PAGE_SIZE = 50
FAILURES = {
    DeliveryFailure.NOT_PUBLIC: _l("Alan adı, internete açık olmayan bir adrese gidiyor; bağlanmadık."),
    DeliveryFailure.NO_ADDRESS: _l("Alan adının DNS'te adresi yok ya da DNS yanıt vermedi."),
    DeliveryFailure.NO_CONNECTION: _l("Bağlantı kurulamadı."),
    DeliveryFailure.BAD_CERTIFICATE: _l("TLS sertifikasına güvenilmiyor ya da başka bir alan adı için."),
    DeliveryFailure.TOO_SLOW: _l("Yanıt 15 saniye içinde gelmedi."),
    DeliveryFailure.NO_ANSWER: _l("Bağlantı yanıt gelmeden kapandı."),
    DeliveryFailure.UNREADABLE: _l("Bu kayıt bizde açılamadı."),
}


@blueprint.get("/webhooks/<id:webhook_id>/log")
@needs(Permission.KEYS)
def list_webhook_deliveries(webhook_id: int) -> str:
    endpoint, form = own_row_or_404(read_session(), WebhookEndpoint, webhook_id), LogFilter()
    wanted = [WebhookDelivery.endpoint_id == endpoint.id, *form.conditions()]
    before = parse_id(request.args.get("before", ""))
    last = read_session().get(WebhookDelivery, before) if before else None
    if last is not None and last.endpoint_id == endpoint.id:
        wanted.append(tuple_(WebhookDelivery.created_at, WebhookDelivery.id) < (last.created_at, last.id))
    newest = select(WebhookDelivery).where(*wanted).order_by(
        WebhookDelivery.created_at.desc(), WebhookDelivery.id.desc()
    )  # fmt: skip
    rows = read_session().scalars(newest.limit(PAGE_SIZE + 1)).all()
    return render_template(
        "dashboard/webhooks/log.html",
        endpoint=endpoint,
        form=form,
        rows=rows[:PAGE_SIZE],
        before=rows[PAGE_SIZE - 1].id if len(rows) > PAGE_SIZE else None,
        is_first=last is None,
        chosen=form.chosen(),
        type_label=type_label,
        failures=FAILURES,
    )


@blueprint.get("/webhooks/deliveries/<id:delivery_id>")
@needs(Permission.KEYS)
def show_webhook_delivery(delivery_id: int) -> str:
    delivery = own_row_or_404(read_session(), WebhookDelivery, delivery_id)
    body = _body(delivery)
    return render_template(
        "dashboard/webhooks/delivery.html",
        each=delivery,
        endpoint=read_session().get_one(WebhookEndpoint, delivery.endpoint_id),
        body=json.dumps(json.loads(body), ensure_ascii=False, indent=2) if body else None,
        type_label=type_label,
        failures=FAILURES,
    )


@blueprint.post("/webhooks/deliveries/<id:delivery_id>/replay")
@needs(Permission.KEYS, fresh=True)
def replay_webhook_delivery(delivery_id: int) -> ResponseReturnValue:
    delivery = own_row_or_404(db.session, WebhookDelivery, delivery_id)
    endpoints.replay(db.session, delivery, clock.now())
    record_audit("webhook.replayed", "webhook", delivery.endpoint_id)
    url = url_for(".show_webhook_delivery", delivery_id=delivery.id)
    return commit_and_redirect(url, _("Aynı kimlikle (webhook-id) yeniden gönderiliyor."))


@blueprint.post("/webhooks/<id:webhook_id>/replay")
@needs(Permission.KEYS, fresh=True)
def replay_webhook(webhook_id: int) -> ResponseReturnValue:
    """Send all since a time once more."""
    endpoint, form = own_row_or_404(db.session, WebhookEndpoint, webhook_id), ReplayForm()
    if not form.validate_on_submit():
        return render_webhook(endpoint, EndpointForm.of(endpoint), form), 422
    endpoints.replay_since(db.session, endpoint, form.moment, clock.now())
    record_audit("webhook.replayed", "webhook", endpoint.id, since=form.moment.isoformat())
    url = url_for(".list_webhook_deliveries", webhook_id=endpoint.id)
    return commit_and_redirect(url, _("O zamandan beri olan her şey yeniden gönderiliyor."))


def _body(delivery: WebhookDelivery) -> bytes | None:
    """The body as it is sent, but for addresses: whoever may see them here asks for each with a reason."""
    if delivery.event_id is None:
        return payloads.message_body(delivery)
    event = read_session().get(Event, delivery.event_id)
    bodies = payloads.event_bodies(read_session(), vault(), [event] if event else [], in_full=False)
    return bodies.get(delivery.event_id)
