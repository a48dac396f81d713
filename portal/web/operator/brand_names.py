"""What people would see of admitted providers' brands, and read in their texts: the operator approves or declines."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from portal.core import clock, display_names
from portal.core.extensions import db, read_session
from portal.core.models import Brand, Campaign, ConsentPoint, Domain, MailKind, Provider
from portal.domain import consent_points
from portal.domain.campaigns import lifecycle, sending, text_reviews
from portal.domain.identity.permissions import Permission
from portal.domain.providers import brand_requests, domain_reviews
from portal.web.operator.blueprint import blueprint
from portal.web.operator.forms import NameForm
from portal.web.operator.provider_page import render_provider
from portal.web.operator.providers import visible_providers
from portal.web.operator.reviews import STATE_CHANGED
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_operator_audit
from portal.web.shared.owner_notifications import notify_owners
from portal.web.shared.redirects import commit_and_redirect, rollback_and_redirect


@dataclass(frozen=True)
class Settled:
    """What was decided on: for the mail to the owners and the audit entry."""

    acts: tuple[str, str]  # Approved, declined.
    row_id: int
    of: str  # The name of a brand, campaign or point.
    words: str
    link: str


@blueprint.post("/providers/<id:provider_id>/brands/<id:brand_id>/name")
@needs(Permission.REVIEW, fresh=True)
def settle_brand_name(provider_id: int, brand_id: int) -> ResponseReturnValue:
    """Approve or decline what stood on the page; something else by now is left for another look."""

    def settle(form: NameForm, is_approved: bool) -> Settled | None:
        brand = db.session.get(Brand, brand_id)
        if brand is None or brand.provider_id != provider_id:
            abort(404)
        asked, old = brand_requests.requested_changes(brand), brand.name
        words = " · ".join(filter(None, (*list(asked.values())[:-1], asked["logo_digest"] and _("Logo"))))
        if not brand_requests.settle_request(brand, form.seen.data, is_approved=is_approved):
            return None
        acts = "brand.name_approved", "brand.name_declined"
        return Settled(acts, brand_id, old, words, absolute_url("dashboard.show_brand", brand_id=brand_id))

    return _decide(provider_id, settle)


@blueprint.post("/providers/<id:provider_id>/texts")
@needs(Permission.REVIEW, fresh=True)
def settle_text(provider_id: int) -> ResponseReturnValue:
    """Approve or decline a text that a firm wrote, or a host of its links, by its hash; also anew."""

    def settle(form: NameForm, is_approved: bool) -> Settled | None:
        decided = {"is_approved": is_approved, "by": current_user.id, "reason": (form.reason.data or "").strip()}
        text = text_reviews.settle(db.session, provider_id, form.seen.data, at=clock.now(), **decided)
        if text is None:
            domain = domain_reviews.settle(db.session, provider_id, form.seen.data, at=clock.now(), **decided)
            return _settled_domain(domain) if domain else _reversed(provider_id, form.seen.data, decided)
        campaign_id, name = text.campaign.id, text.campaign.name
        point_id = db.session.scalar(select(ConsentPoint.id).where(ConsentPoint.campaign_id == campaign_id))
        page = {"point_id": point_id} if point_id else {"campaign_id": campaign_id}
        link = absolute_url("dashboard.point" if point_id else "dashboard.campaign", **page)
        return Settled(("campaign.text_approved", "campaign.text_declined"), campaign_id, name, text.name, link)

    return _decide(provider_id, settle)


def _settled_domain(domain: Domain) -> Settled:
    of = db.session.get_one(Brand, domain.brand_id).name
    link = absolute_url("dashboard.show_brand", brand_id=domain.brand_id)
    return Settled(("domain.approved", "domain.declined"), domain.id, of, domain.host, link)


def _reversed(provider_id: int, digest: str, decided: dict[str, Any]) -> Settled | None:
    """None also where the page could not show what is approved: it stands in no campaign any more."""
    hosts = domain_reviews.list_hosts(db.session, provider_id)
    seen = {*text_reviews.list_declined(db.session, provider_id), *hosts}
    if decided["is_approved"] and digest not in seen:
        return None
    review = text_reviews.reverse(db.session, provider_id, digest, at=clock.now(), **decided)
    if review is None:
        return None
    if not decided["is_approved"]:
        _close_running(provider_id, digest)
        if host := hosts.get(digest):
            _stop_sending(host)
    title = db.session.get_one(Provider, provider_id).title
    link = absolute_url("dashboard.overview")
    return Settled(("review.text_approved", "review.text_declined"), review.id, title, review.note, link)


def _close_running(provider_id: int, digest: str) -> None:
    """Close campaigns and points with a declined text: to reopen them asks for its approval again. Refusing goes on."""
    for campaign in text_reviews.list_running(db.session, provider_id, digest):
        point = db.session.scalar(select(ConsentPoint).where(ConsentPoint.campaign_id == campaign.id))
        if point is None:
            lifecycle.close(db.session, campaign, clock.now())
            record_operator_audit("campaign.closed", "campaign", campaign.id, provider_id=provider_id)
        else:
            consent_points.close_point(db.session, point, clock.now())
            record_operator_audit("point.closed", "point", point.id, provider_id=provider_id)


def _stop_sending(host: Domain) -> None:
    """Stop the brand's campaigns for good: messages that have not left may hold the declined host."""
    for campaign in db.session.scalars(select(Campaign).where(Campaign.brand_id == host.brand_id)):
        if sending.stop(db.session, campaign, clock.now()):
            record_operator_audit("campaign.stopped", "campaign", campaign.id, provider_id=host.provider_id)


@blueprint.get("/providers/<id:provider_id>/brands/<id:brand_id>/logo/<digest>.png")
@needs(Permission.CONSOLE)
def brand_logo(provider_id: int, brand_id: int, digest: str) -> ResponseReturnValue:
    """The logo that a brand has, or that waits, by its digest: what a form with this digest settles, and no other that
    came since."""
    brand = read_session().get(Brand, brand_id)
    if brand is None or brand.provider_id != provider_id:
        abort(404)
    if read_session().scalar(visible_providers().where(Provider.id == provider_id)) is None:
        abort(404)
    pictures = {brand.logo_digest: brand.logo, brand.requested_logo_digest: brand.requested_logo}
    logo = pictures.get(digest)
    return Response(logo, mimetype="image/png") if logo else abort(404)


def _decide(provider_id: int, settle: Callable[[NameForm, bool], Settled | None]) -> ResponseReturnValue:
    """Tell the owners what the operator decided, with the reason, which declining needs."""
    found = visible_providers().where(Provider.id == provider_id).with_for_update()
    provider, form, is_approved = db.session.scalar(found), NameForm(), "approve" in request.form
    if provider is None:
        abort(404)
    if not form.validate_on_submit():
        return render_provider(provider), 422
    reason, url = (form.reason.data or "").strip(), url_for(".provider", provider_id=provider_id, _anchor="names")
    if not is_approved and not display_names.holds_words(reason):
        return rollback_and_redirect(url, _("Reddederken nedenini yazın; sahipleri okur."))
    settled = settle(form, is_approved)
    if settled is None:
        return rollback_and_redirect(url, STATE_CHANGED)
    notify_owners(
        provider, MailKind.NAME_SETTLED, brand=settled.of, name=settled.words, is_confirmed=is_approved, reason=reason,
        link=settled.link,
    )  # fmt: skip
    act = settled.acts[0] if is_approved else settled.acts[1]
    record_operator_audit(act, act.split(".")[0], settled.row_id, provider_id=provider_id)
    message = _("Onaylandı.") if is_approved else _("Reddedildi; eskisi kalır.")
    return commit_and_redirect(url, message)
