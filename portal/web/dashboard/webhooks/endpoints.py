"""Webhook endpoints of the provider: made, with a secret that is shown once; changed, tried, paused and removed."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.models import TEST, OffReason, WebhookAlgorithm, WebhookEndpoint
from portal.domain.identity.permissions import Permission
from portal.domain.webhooks import endpoints, signatures
from portal.services.webhooks import maintenance
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.team.credentials import find_makers
from portal.web.dashboard.webhooks.forms import EndpointForm, ReplayForm, SecretForm
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.own_rows import current_provider, own_row_or_404
from portal.web.shared.redirects import commit_and_redirect

TOO_MANY = _l("En fazla 10 webhook adresiniz olabilir. Önce birini silin.")
MOST_COUNTED, LONGEST_NAME = 1000, 50


@dataclass(frozen=True)
class EndpointStatus:
    """An endpoint as a page shows it."""

    row: WebhookEndpoint
    url: str
    name: str  # The URL without its scheme and what it asks for.
    waiting: int  # Events that have not been tried; up to MOST_COUNTED.
    public_key: str | None
    lost: tuple[int, int] | None  # Sequences of events that were deleted while it was off.


@blueprint.get("/webhooks")
@needs(Permission.KEYS)
def list_webhooks() -> str:
    return _render_list(EndpointForm(formdata=None))


@blueprint.post("/webhooks")
@needs(Permission.KEYS, fresh=True)
def make_webhook() -> ResponseReturnValue:
    """Make an endpoint and show its secret, only in this response."""
    form = EndpointForm()
    if not form.validate_on_submit():
        return _render_list(form), 422
    algorithm, at = WebhookAlgorithm(form.algorithm.data), clock.now()
    try:
        made, secret = endpoints.create(
            db.session, vault(), current_provider(), form.chosen(), algorithm, user_id=current_user.id, at=at
        )  # fmt: skip
    except endpoints.TooManyEndpoints:
        db.session.rollback()
        form.url.errors = [TOO_MANY]
        return _render_list(form), 422
    record_audit("webhook.made", "webhook", made.id, **_facts(form))
    db.session.commit()
    return _render_secret(made, secret)


@blueprint.get("/webhooks/<id:webhook_id>")
@needs(Permission.KEYS)
def show_webhook(webhook_id: int) -> str:
    endpoint = own_row_or_404(read_session(), WebhookEndpoint, webhook_id)
    return render_webhook(endpoint, EndpointForm.of(endpoint))


@blueprint.post("/webhooks/<id:webhook_id>")
@needs(Permission.KEYS, fresh=True)
def change_webhook(webhook_id: int) -> ResponseReturnValue:
    endpoint = own_row_or_404(db.session, WebhookEndpoint, webhook_id)
    form = EndpointForm(its_brands=endpoint.brand_ids or ())
    del form.algorithm
    if not form.validate_on_submit():
        return render_webhook(endpoint, form), 422
    endpoints.change(vault(), endpoint, form.chosen())
    record_audit("webhook.changed", "webhook", endpoint.id, **_facts(form))
    return _done(endpoint, _("Kaydedildi."))


@blueprint.post("/webhooks/<id:webhook_id>/secret")
@needs(Permission.KEYS, fresh=True)
def replace_webhook_secret(webhook_id: int) -> ResponseReturnValue:
    """Make a new secret and show it; requests are signed with the former one, too, until the overlap is over."""
    endpoint, form = own_row_or_404(db.session, WebhookEndpoint, webhook_id), SecretForm()
    if not form.validate_on_submit():
        return show_webhook(webhook_id), 422
    overlap = timedelta(days=int(form.overlap.data))
    secret = endpoints.replace_secret(vault(), endpoint, overlap, clock.now())
    record_audit("webhook.secret_replaced", "webhook", endpoint.id)
    db.session.commit()
    return _render_secret(endpoint, secret)


@blueprint.post("/webhooks/<id:webhook_id>/test")
@needs(Permission.KEYS, fresh=True)
def test_webhook(webhook_id: int) -> ResponseReturnValue:
    endpoint = own_row_or_404(db.session, WebhookEndpoint, webhook_id)
    if endpoint.due_at is None:
        return _done(endpoint, _("Bu adres kapalı. Önce açın."))
    made = endpoints.queue_message(db.session, endpoint, TEST, {"message": "merhaba · hello"}, clock.now())
    url = url_for(".show_webhook_delivery", delivery_id=made.id)
    return commit_and_redirect(url, _("Deneme olayı yola çıktı. Birkaç saniye sonra sayfayı yenileyin."))


@blueprint.post("/webhooks/<id:webhook_id>/pause")
@needs(Permission.KEYS, fresh=True)
def pause_webhook(webhook_id: int) -> ResponseReturnValue:
    endpoint = own_row_or_404(db.session, WebhookEndpoint, webhook_id)
    endpoints.turn_off(db.session, endpoint.id, OffReason.PAUSED, clock.now())
    record_audit("webhook.paused", "webhook", endpoint.id)
    return _done(endpoint, _("Duraklatıldı. Olaylar 60 gün birikir; açınca hepsi gider."))


@blueprint.post("/webhooks/<id:webhook_id>/turn-on")
@needs(Permission.KEYS, fresh=True)
def turn_on_webhook(webhook_id: int) -> ResponseReturnValue:
    endpoint, at = own_row_or_404(db.session, WebhookEndpoint, webhook_id), clock.now()
    lost = maintenance.find_lost(db.session, endpoint, at)
    endpoints.turn_on(db.session, endpoint, at)
    record_audit("webhook.turned_on", "webhook", endpoint.id, **({"lost": f"{lost[0]}–{lost[1]}"} if lost else {}))
    if not lost:
        return _done(endpoint, _("Açıldı; kaldığı yerden sürüyor."))
    return _done(
        endpoint, _("Açıldı; silinmiş olaylardan sonrasını alır: %(after)s numarasından sonrası.", after=lost[1])
    )


@blueprint.post("/webhooks/<id:webhook_id>/remove")
@needs(Permission.KEYS, fresh=True)
def remove_webhook(webhook_id: int) -> ResponseReturnValue:
    endpoint = own_row_or_404(db.session, WebhookEndpoint, webhook_id)
    host = _host_of(endpoints.show_url(vault(), endpoint))
    maintenance.delete_log(webhook_id, clock.now())
    record_audit("webhook.removed", "webhook", webhook_id, host=host)
    endpoints.remove(db.session, webhook_id)
    return commit_and_redirect(url_for(".list_webhooks"), _("Webhook adresi ve kayıtları silindi."))


def render_webhook(endpoint: WebhookEndpoint, form: EndpointForm, replay: ReplayForm | None = None) -> str:
    """The page of one endpoint."""
    return render_template(
        "dashboard/webhooks/endpoint.html",
        each=_status(endpoint),
        form=form,
        secret_form=SecretForm(formdata=None),
        replay_form=replay or ReplayForm(formdata=None),
        most_counted=MOST_COUNTED,
    )


def _render_list(form: EndpointForm) -> str:
    theirs = select(WebhookEndpoint).where(WebhookEndpoint.provider_id == current_user.provider_id)
    rows = list(read_session().scalars(theirs.order_by(WebhookEndpoint.created_at, WebhookEndpoint.id)))
    return render_template(
        "dashboard/webhooks/endpoints.html",
        endpoints=[_status(row) for row in rows],
        makers=find_makers(rows),
        form=form,
        most_counted=MOST_COUNTED,
    )


def _render_secret(endpoint: WebhookEndpoint, secret: str) -> str:
    public = signatures.public_part(secret)
    return render_template("dashboard/webhooks/secret.html", endpoint=endpoint, text=public or secret, public=public)


def _status(row: WebhookEndpoint) -> EndpointStatus:
    url, public = endpoints.show_url(vault(), row), endpoints.find_public_key(vault(), row)
    waiting = endpoints.count_wanted(read_session(), row, MOST_COUNTED)
    lost = maintenance.find_lost(read_session(), row, clock.now())
    return EndpointStatus(row, url, _name_of(url), waiting, public, lost)


def _host_of(url: str) -> str:
    return urlsplit(url).netloc


def _name_of(url: str) -> str:
    parts = urlsplit(url)
    name = parts.netloc + parts.path
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"


def _facts(form: EndpointForm) -> dict[str, Any]:
    chosen = form.chosen()
    return {
        "host": _host_of(chosen.url), "types": sorted(chosen.types), "brands": len(chosen.brand_ids or ()),
        "shows_addresses": chosen.shows_addresses,
    }  # fmt: skip


def _done(endpoint: WebhookEndpoint, message: str) -> ResponseReturnValue:
    return commit_and_redirect(url_for(".show_webhook", webhook_id=endpoint.id), message)
