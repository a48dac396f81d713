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
from portal.core.models import Brand, ConsentPoint, Domain, MailKind, Provider, Review
from portal.domain.campaigns import text_reviews
from portal.domain.identity.permissions import Permission
from portal.domain.providers import brand_requests, domain_reviews
from portal.services import approvals
from portal.services.messaging import mailbox_reviews
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
        made = {"by": current_user.id, "reason": (form.reason.data or "").strip(), "at": clock.now()}
        if not brand_requests.settle_request(db.session, brand, form.seen.data, is_approved=is_approved, **made):
            return None
        acts = "brand.name_approved", "brand.name_declined"
        return Settled(acts, brand_id, old, words, absolute_url("dashboard.show_brand", brand_id=brand_id))

    return _decide(provider_id, settle)


@blueprint.post("/providers/<id:provider_id>/texts")
@needs(Permission.REVIEW, fresh=True)
def settle_text(provider_id: int) -> ResponseReturnValue:
    """Approve or decline a text that a firm wrote, a host of its links or an address of its mails, by its hash; also
    anew. Of whatever else was approved, take the approval back. A decision of which the page did not know stands."""

    def settle(form: NameForm, is_approved: bool) -> Settled | None:
        decided = {"by": current_user.id, "reason": (form.reason.data or "").strip(), "at": clock.now()}
        seen = form.seen.data
        mailboxes = mailbox_reviews.list_mailboxes(db.session, provider_id)
        if (form.decided.data or "") != approvals.last_decision_id(db.session, provider_id, seen):
            return None
        text = text_reviews.settle(db.session, provider_id, seen, is_approved=is_approved, **decided)
        if text is None:
            domain = domain_reviews.settle(db.session, provider_id, seen, is_approved=is_approved, **decided)
            if domain is not None:
                return _settled_domain(domain)
            mailbox = mailbox_reviews.settle(db.session, provider_id, seen, is_approved=is_approved, **decided)
            if mailbox is not None:
                return _of_review(provider_id, mailbox, mailboxes.get(seen, ""))
            if not is_approved:
                return _taken_back(provider_id, seen, decided)
            review = approvals.approve_after_all(db.session, provider_id, seen, mailboxes, **decided)
            return _of_review(provider_id, review, review.note) if review else None
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


def _taken_back(provider_id: int, digest: str, decided: dict[str, Any]) -> Settled | None:
    provider = db.session.get_one(Provider, provider_id)
    found = approvals.take_back(db.session, provider, digest, **decided)
    if found is None:
        return None
    what, review, halted = found
    for each in halted:
        record_operator_audit(each.act, each.subject, each.row_id, provider_id=provider_id)
    return _of_review(provider_id, review, _("Logo") if what.kind == "logo_digest" else what.words)


def _of_review(provider_id: int, review: Review, words: str) -> Settled:
    title = db.session.get_one(Provider, provider_id).title
    acts = "review.text_approved", "review.text_declined"
    return Settled(acts, review.id, title, words, absolute_url("dashboard.overview"))


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
    """Tell the owners what the operator decided, with the reason, which declining needs. A launch beside it may refer
    to the provider, whose lock is no stronger than it must be."""
    found = visible_providers().where(Provider.id == provider_id).with_for_update(key_share=True)
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
