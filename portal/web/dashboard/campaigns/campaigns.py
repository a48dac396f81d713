"""Campaigns on the dashboard: list them, open one, add its audience, download its links."""

from datetime import datetime, timedelta

from flask import Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import literal, select, true

from portal.core import clock, display_names
from portal.core.extensions import db, limiter, read_session
from portal.core.ids import parse_id
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, Campaign, CampaignKind, Delivery, Provider
from portal.domain import campaigns
from portal.domain.campaigns import default_texts, message_counts
from portal.domain.identity.permissions import Permission
from portal.services import launches
from portal.services.imports import audience, waiting_lists
from portal.services.imports.reading import Unreadable
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.campaigns.campaign_page import (
    MAX_ROWS,
    lists_being_read,
    own_campaign_or_404,
    render_campaign,
    stop_while_iys_tells_nothing,
)
from portal.web.dashboard.campaigns.forms import AudienceForm, CampaignForm
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.body_limits import SMALL, max_bytes
from portal.web.shared.downloads import Format, download, file_name


@blueprint.get("/campaigns", endpoint="campaigns")
@needs(Permission.LOOK)
def show_campaigns() -> str:
    """The newest ones, or the newest with a tag."""
    own = Campaign.provider_id == current_user.provider_id, Campaign.delivery != Delivery.POINT
    tags = {tag for tags in read_session().scalars(select(Campaign.tags).where(*own)) for tag in tags.split(",") if tag}
    tag = request.args.get("tag", "")
    has_tag = (literal(",") + Campaign.tags + ",").contains(f",{tag},", autoescape=True) if tag in tags else true()
    of_brands = select(Campaign, Brand.name).join(Brand, Brand.id == Campaign.brand_id).where(*own, has_tag)
    rows = read_session().execute(of_brands.order_by(Campaign.created_at.desc()).limit(MAX_ROWS)).all()
    messages = message_counts.count_messages(read_session(), [row.Campaign.id for row in rows])
    listed = [
        (row.Campaign, row.name, campaigns.count_progress(read_session(), row.Campaign), messages[row.Campaign.id])
        for row in rows
    ]
    return render_template("dashboard/campaigns/campaigns.html", campaigns=listed, tags=sorted(tags), tag=tag)


@blueprint.route("/campaigns/new", methods=["GET", "POST"])
@needs(Permission.PREPARE)
def new_campaign() -> ResponseReturnValue:
    brands = open_brands()
    if not brands:
        flash(gettext("Kampanya açmak için aktif bir markanız olmalı."))
        return redirect(url_for(".brands"), 303)
    brand = chosen_brand(brands)
    if brand is None and request.method == "GET":
        title = gettext("Yeni kampanya")
        return render_template("dashboard/campaigns/choose_brand.html", brands=brands, here="campaigns", title=title)
    form = CampaignForm(brands=[brand] if brand else brands, **default_wording(brand or brands[0]))
    if form.validate_on_submit() and brand:
        campaign = open_campaign_from(form, brand, clock.now())
        record_audit("campaign.opened", "campaign", campaign.id, **form.promotion_facts())
        db.session.commit()
        return redirect(url_for(".campaign", campaign_id=campaign.id), 303)
    page = render_template("dashboard/campaigns/new_campaign.html", form=form, has_choice=len(brands) > 1)
    return page, 422 if form.errors else 200


def open_brands() -> list[Brand]:
    """The provider's brands that may begin something new, the first one first."""
    own_brands = select(Brand).where(Brand.provider_id == current_user.provider_id, Brand.closed_at.is_(None))
    return list(read_session().scalars(own_brands.order_by(Brand.created_at)))


def chosen_brand(brands: list[Brand]) -> Brand | None:
    """The brand that something new is for: the only one, or that of the form or the address; its text has its name."""
    number = parse_id(request.values.get("brand", ""))
    return brands[0] if len(brands) == 1 else next((brand for brand in brands if brand.id == number), None)


def default_wording(brand: Brand) -> dict[str, str]:
    """The usual text of a brand, by the fields of a form; in sandbox mode the one that is stored."""
    provider = read_session().get_one(Provider, brand.provider_id)
    name = display_names.trial_name(brand.brand_code) if provider.in_sandbox_mode else brand.name
    return vars(default_texts.default_wording(name, CampaignKind.ASK, brand.notice_url or provider.notice_url))


def open_campaign_from(form: CampaignForm, brand: Brand, at: datetime) -> Campaign:
    """The campaign that a valid form describes; the usual text of asking becomes that of its kind."""
    kind, wording = CampaignKind(form.kind.data), form.wording()
    if wording == default_texts.default_wording(brand.name, CampaignKind.ASK, wording.notice_url):
        wording = default_texts.default_wording(brand.name, kind, wording.notice_url)
    return campaigns.open_campaign(
        db.session,
        brand,
        name=form.name.data,
        kind=kind,
        channels=[Channel(each) for each in form.channels.data],
        wording=wording,
        contact=form.contact(),
        expires_at=at + timedelta(days=form.expires_days.data),
        delivery=Delivery(form.delivery.data),
        at=at,
        today=clock.day(at),
        by=current_user.id,
    )


@blueprint.get("/campaigns/<id:campaign_id>", endpoint="campaign")
@needs(Permission.LOOK)
def show_campaign(campaign_id: int) -> str:
    return render_campaign(own_campaign_or_404(read_session(), campaign_id))


@blueprint.post("/campaigns/<id:campaign_id>/audience")
@limiter.limit(limits.UPLOAD)
@max_bytes(audience.MOST_BYTES + SMALL)
@needs(Permission.PREPARE)
def add_audience(campaign_id: int) -> ResponseReturnValue:
    """Take a pasted or uploaded list. A short text is read at once, anything else by the worker."""
    form = AudienceForm()
    campaign = own_campaign_or_404(read_session(), campaign_id)
    if campaign.launched_at:
        abort(400)
    if not form.validate_on_submit():
        return render_campaign(campaign, audience_form=form), 422
    upload = request.files.get("file")
    content = upload.read() if upload and upload.filename else (form.text.data or "").encode(errors="replace")
    try:
        audience.check_name(upload.filename or "" if upload else "")
        campaign = own_campaign_or_404(db.session, campaign_id)
        name = upload.filename or "" if upload else ""
        list_id = waiting_lists.store(db.session, campaign, content, current_user.id, name)
    except Unreadable as unreadable:
        return render_campaign(own_campaign_or_404(read_session(), campaign_id), file_problem=unreadable.problem), 422
    except campaigns.AudienceClosed:
        db.session.rollback()
        flash(gettext("Kampanya bu sırada başlatıldı; listeye artık adres alınmıyor."))
    else:
        if waiting_lists.is_short(content):
            waiting_lists.read(list_id)
    return redirect(url_for(".campaign", campaign_id=campaign_id), 303)


@blueprint.get("/campaigns/<id:campaign_id>/audience/progress")
@needs(Permission.LOOK)
def audience_progress(campaign_id: int) -> str:
    """The part of a campaign's page that changes while the worker reads its lists; a script polls it."""
    campaign = own_campaign_or_404(read_session(), campaign_id)
    return render_template("dashboard/campaigns/audience_progress.html", waiting=lists_being_read(campaign))


@blueprint.get("/campaigns/<id:campaign_id>/links.csv", defaults={"format": Format.CSV})
@blueprint.get("/campaigns/<id:campaign_id>/links.xlsx", defaults={"format": Format.XLSX})
@limiter.limit(limits.EXPORTS, key_func=limits.provider_key)
@needs(Permission.LAUNCH, fresh=True)
def download_links(campaign_id: int, format: Format) -> Response:
    """Download the personal links that may be sent now with their addresses and texts, for any sender. Audited."""
    campaign = own_campaign_or_404(read_session(), campaign_id)
    stop_while_iys_tells_nothing(campaign)
    counted = launches.count_links(read_session(), campaign)
    record_audit("links.taken", "campaign", campaign.id, links=counted.links, **counted.left_out)
    db.session.commit()
    config = current_app.config
    # A read session of its own: the request's is closed before the answer is streamed.
    lines = launches.link_lines(read_session(), campaign, config["LINK_SALT"], config["LINK_BASE"])
    name = file_name(campaign.provider_id, f"links-{campaign.id}")
    return download(lines, header=launches.COLUMNS, sheet="links", name=name, format=format)
