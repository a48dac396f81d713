"""Consent points on the dashboard: open one, publish it, print its poster, see its numbers."""

from collections.abc import Sequence
from typing import Any

from flask import Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock, display_names
from portal.core.addresses import AddressKind
from portal.core.extensions import db, read_session
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, Campaign, ConsentPoint, ConsentText
from portal.domain import campaigns, consent_points, packages
from portal.domain.campaigns import confirmations, text_reviews
from portal.domain.identity.permissions import Permission
from portal.services.documents import poster as posters
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.campaigns.campaigns import chosen_brand, default_wording, open_brands
from portal.web.dashboard.campaigns.forms import DEFAULT_BUDGET, BudgetForm, PointForm
from portal.web.shared import qr_code
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.downloads import file_name
from portal.web.shared.own_rows import current_provider, own_row_or_404

MAX_ROWS = 200


@blueprint.get("/points", endpoint="points")
@needs(Permission.LOOK)
def show_points() -> str:
    rows = read_session().execute(
        select(ConsentPoint, Campaign, Brand)
        .join(Campaign, Campaign.id == ConsentPoint.campaign_id)
        .join(Brand, Brand.id == ConsentPoint.brand_id)
        .where(ConsentPoint.provider_id == current_user.provider_id)
        .order_by(ConsentPoint.created_at.desc())
        .limit(MAX_ROWS)
    )
    listed = [
        {
            "point": point,
            "campaign": campaign,
            "brand": brand,
            "state": _state(point, campaign, brand),
            "links": campaigns.count_progress(read_session(), campaign).links,
            "address": _address(point),
        }
        for point, campaign, brand in rows
    ]
    return render_template("dashboard/campaigns/points.html", points=listed)


@blueprint.route("/points/new", methods=["GET", "POST"])
@needs(Permission.PREPARE)
def new_point() -> ResponseReturnValue:
    """Open a point; nobody can use it until it is published."""
    brands = open_brands()
    if not brands:
        flash(_("İzin noktası açmak için aktif bir markanız olmalı."))
        return redirect(url_for(".brands"), 303)
    brand = chosen_brand(brands)
    if brand is None and request.method == "GET":
        title = _("Yeni izin noktası")
        return render_template("dashboard/campaigns/choose_brand.html", brands=brands, here="points", title=title)
    form = PointForm(brands=[brand] if brand else brands, **_default_values(brand or brands[0]))
    if form.validate_on_submit() and brand and (point_id := _open_point(form, brand)):
        return redirect(url_for(".point", point_id=point_id), 303)
    return render_template(
        "dashboard/campaigns/new_point.html", form=form, has_choice=len(brands) > 1, **_code_limits()
    ), 422 if form.errors else 200


@blueprint.get("/points/<id:point_id>", endpoint="point")
@needs(Permission.LOOK)
def show_point(point_id: int) -> str:
    return _render_point(own_row_or_404(read_session(), ConsentPoint, point_id))


@blueprint.post("/points/<id:point_id>/publish")
@needs(Permission.LAUNCH)
def publish_point(point_id: int) -> ResponseReturnValue:
    """Open the page to people. Like a launch it needs room in the package, and somebody who confirms consents on the
    same day; later decisions there need neither."""
    point = own_row_or_404(db.session, ConsentPoint, point_id)
    if _lacking(db.session, point):  # The page says so, and what would help.
        db.session.rollback()
        return redirect(url_for(".point", point_id=point_id), 303)
    try:
        packages.require_capacity(db.session, current_provider(), 0, clock.now())
        is_new = consent_points.publish_point(db.session, point, clock.now())
    except campaigns.BrandClosed:
        db.session.rollback()
        flash(_("Marka kapalı ya da hesabınız durdurulmuş: izin noktası açılamıyor."))
    except consent_points.TextNotApproved:
        db.session.rollback()  # The page says so.
    except consent_points.SlugTaken:
        db.session.rollback()
        flash(_("Aynı anda başka bir nokta açıldı; bir kez daha kaydedin."))
    except packages.PackageFull:
        db.session.rollback()
        flash(_("Paketinizde yer yok: izin noktası açılamıyor. Paket sayfanıza bakın."))
    else:
        if is_new:
            record_audit("point.published", "point", point_id)
        db.session.commit()
    return redirect(url_for(".point", point_id=point_id), 303)


@blueprint.post("/points/<id:point_id>/close")
@needs(Permission.LAUNCH)
def close_point(point_id: int) -> ResponseReturnValue:
    """Close the page for grants; it says so, and still takes refusals."""
    if consent_points.close_point(db.session, own_row_or_404(db.session, ConsentPoint, point_id), clock.now()):
        record_audit("point.closed", "point", point_id)
    db.session.commit()
    return redirect(url_for(".point", point_id=point_id), 303)


@blueprint.post("/points/<id:point_id>/budget")
@needs(Permission.LAUNCH)
def change_point_budget(point_id: int) -> ResponseReturnValue:
    """Change how many SMS codes a day the point may send."""
    point, form = own_row_or_404(db.session, ConsentPoint, point_id), BudgetForm()
    if form.validate_on_submit():
        try:
            former = point.daily_budget
            consent_points.change_budget(db.session, point, form.daily_budget.data)
        except consent_points.BudgetTooHigh as too_many:
            db.session.rollback()
            form.daily_budget.errors = [_budget_error(too_many)]
        else:
            record_audit("point.changed", "point", point_id, former=former, new=point.daily_budget)
            db.session.commit()
            return redirect(url_for(".point", point_id=point_id), 303)
    return _render_point(own_row_or_404(read_session(), ConsentPoint, point_id), form), 422


@blueprint.get("/points/<id:point_id>/poster.pdf")
@needs(Permission.LOOK)
def download_poster(point_id: int) -> Response:
    """An A4 page to print and hang up, once people may read the text."""
    point = own_row_or_404(read_session(), ConsentPoint, point_id)
    campaign, brand = read_session().get_one(Campaign, point.campaign_id), read_session().get_one(Brand, point.brand_id)
    text = read_session().get_one(ConsentText, campaign.text_id)
    if text_reviews.list_unapproved(read_session(), campaign):
        abort(404)
    poster = posters.Poster(
        brand_name=text.brand_name, title=text.title_tr, address=_address(point), sender=text.sender_title,
        number=text.sender_mersis, contact=text.sender_contact, logo=brand.logo, colour=brand.colour,
    )  # fmt: skip
    if brand.is_sandbox:  # As on its pages, nothing that nobody has reviewed.
        name = display_names.trial_name(brand.brand_code)
        poster = posters.Poster(name, text.title_tr, _address(point), name, "", "", is_sandbox=True)
    content = posters.render_pdf(poster)
    headers = {"Content-Disposition": f'inline; filename="{file_name(point.provider_id, point.slug)}.pdf"'}
    return Response(content, mimetype="application/pdf", headers=headers)


def _open_point(form: PointForm, brand: Brand) -> int | None:
    """The id of the point that a form describes, or None and an error on the form."""
    at = clock.now()
    try:
        made = consent_points.open_point(
            db.session, brand, name=form.name.data, channels=[Channel(each) for each in form.channels.data],
            wording=form.wording(), daily_budget=form.daily_budget.data, at=at, today=clock.day(at),
        )  # fmt: skip
    except consent_points.BudgetTooHigh as too_many:
        form.daily_budget.errors = [_budget_error(too_many)]
    except consent_points.SlugTaken:
        form.name.errors = [_("Aynı anda başka bir nokta açıldı; bir kez daha kaydedin.")]
    else:
        record_audit("point.opened", "point", made.id)
        db.session.commit()
        return made.id
    db.session.rollback()
    return None


def _render_point(point: ConsentPoint, form: BudgetForm | None = None) -> str:
    campaign, brand = read_session().get_one(Campaign, point.campaign_id), read_session().get_one(Brand, point.brand_id)
    address = _address(point)
    return render_template(
        "dashboard/campaigns/point.html",
        point=point,
        campaign=campaign,
        brand=brand,
        text=read_session().get_one(ConsentText, campaign.text_id),
        state=_state(point, campaign, brand),
        numbers=consent_points.count_statistics(read_session(), point, clock.now()),
        address=address,
        code=qr_code.svg(address, _("İzin noktasının adresi, karekod olarak")),
        form=form or BudgetForm(daily_budget=point.daily_budget),
        lacking=_lacking(read_session(), point),
        unread=text_reviews.list_unapproved(read_session(), campaign),
        own=confirmations.find_own(read_session(), campaign.id),
        **_code_limits(),
    )


def _lacking(session: Session, point: ConsentPoint) -> Sequence[AddressKind]:
    campaign = session.get_one(Campaign, point.campaign_id)
    return confirmations.why_not_begin(session, campaign, in_development=current_app.config["DEVELOPMENT"])


def _default_values(brand: Brand) -> dict[str, Any]:
    is_sandbox = current_user.provider.in_sandbox_mode
    budget = consent_points.SANDBOX_CODES if is_sandbox else DEFAULT_BUDGET
    return default_wording(brand) | {"daily_budget": budget}


def _code_limits() -> dict[str, Any]:
    in_sandbox_mode = current_user.provider.in_sandbox_mode
    return {"most": consent_points.SANDBOX_CODES if in_sandbox_mode else consent_points.MOST_CODES}


def _budget_error(too_many: consent_points.BudgetTooHigh) -> str:
    return _("Bir günde en çok %(most)s kod gönderilebilir.", most=too_many.most)


def _state(point: ConsentPoint, campaign: Campaign, brand: Brand) -> consent_points.PointState:
    provider = current_user.provider
    return consent_points.point_state(
        provider_left=provider.left_at, suspended=provider.suspended_at, brand_closed=brand.closed_at,
        closed=point.closed_at, published=campaign.launched_at,
    )  # fmt: skip


def _address(point: ConsentPoint) -> str:
    return absolute_url("consent_points.page", slug=point.slug, lang=None)
