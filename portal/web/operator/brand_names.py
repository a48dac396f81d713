"""What admitted providers want to change of their brands' looks: the operator approves or declines."""

from flask import Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core.extensions import db, read_session
from portal.core.models import Brand, MailKind, Provider
from portal.domain.identity.permissions import Permission
from portal.domain.providers import brand_requests
from portal.web.operator.blueprint import blueprint
from portal.web.operator.forms import NameForm
from portal.web.operator.provider_page import render_provider
from portal.web.operator.providers import visible_providers
from portal.web.operator.reviews import STATE_CHANGED
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.access import needs
from portal.web.shared.owner_notifications import notify_owners
from portal.web.shared.redirects import commit_and_redirect, rollback_and_redirect
from portal.web.shared.signed_in_person import record_operator_audit


@blueprint.post("/providers/<id:provider_id>/brands/<id:brand_id>/name")
@needs(Permission.REVIEW, fresh=True)
def settle_brand_name(provider_id: int, brand_id: int) -> ResponseReturnValue:
    """Approve or decline what stood on the page; something else by now is left for another look."""
    found = visible_providers().where(Provider.id == provider_id).with_for_update()
    provider, brand, form = db.session.scalar(found), db.session.get(Brand, brand_id), NameForm()
    if provider is None or brand is None or brand.provider_id != provider_id:
        abort(404)
    is_approved = "approve" in request.form
    if not form.validate_on_submit():
        return render_provider(provider), 422
    reason = (form.reason.data or "").strip()
    if not is_approved and not reason:
        return rollback_and_redirect(_url_of(provider_id), _("Reddederken nedenini yazın; sahipleri okur."))
    asked = brand_requests.requested_changes(brand)
    old, words = brand.name, " · ".join(filter(None, (*list(asked.values())[:-1], asked["logo_digest"] and _("Logo"))))
    if not brand_requests.settle_request(brand, form.seen.data, is_approved=is_approved):
        return rollback_and_redirect(_url_of(provider_id), STATE_CHANGED)
    notify_owners(
        provider, MailKind.NAME_SETTLED, brand=old, name=words, is_confirmed=is_approved, reason=reason,
        link=absolute_url("dashboard.show_brand", brand_id=brand_id),
    )  # fmt: skip
    act = "brand.name_approved" if is_approved else "brand.name_declined"
    record_operator_audit(act, "brand", brand_id, provider_id=provider_id)
    message = _("Onaylandı.") if is_approved else _("Reddedildi; eskisi kalır.")
    return commit_and_redirect(_url_of(provider_id), message, wakes="mail")


@blueprint.get("/providers/<id:provider_id>/brands/<id:brand_id>/logo.png")
@needs(Permission.CONSOLE)
def brand_logo(provider_id: int, brand_id: int) -> ResponseReturnValue:
    """The logo that a brand has, or that waits: `?requested`."""
    brand = read_session().get(Brand, brand_id)
    if brand is None or brand.provider_id != provider_id:
        abort(404)
    if read_session().scalar(visible_providers().where(Provider.id == provider_id)) is None:
        abort(404)
    logo = brand.requested_logo if "requested" in request.args else brand.logo
    return Response(logo, mimetype="image/png") if logo else abort(404)


def _url_of(provider_id: int) -> str:
    return url_for(".provider", provider_id=provider_id, _anchor="names")
