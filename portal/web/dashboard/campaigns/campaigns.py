"""Campaigns on the dashboard: open one, add its audience, launch it, download the links, close it."""

from datetime import datetime, timedelta

from flask import Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.addresses import Problem
from portal.core.extensions import db, limiter, read_session, vault, wake
from portal.core.iys_protocol import Channel
from portal.core.models import (
    AudienceEntry,
    AudienceLine,
    AudienceList,
    Brand,
    Campaign,
    CampaignKind,
    ConsentText,
    ContactKind,
    Delivery,
    ExclusionReason,
    Provider,
    Recipient,
)
from portal.domain import campaigns, packages
from portal.domain.campaigns import default_texts, lifecycle
from portal.domain.consents import recipients
from portal.domain.identity.permissions import Permission
from portal.services import launches
from portal.services.imports import audience
from portal.services.imports.audience import read_address_list
from portal.services.imports.reading import FileProblem, Unreadable
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.campaigns import results
from portal.web.dashboard.campaigns.forms import AudienceForm, CampaignForm
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.downloads import Format, download
from portal.web.shared.signed_in_person import current_provider, own_row_or_404, provider_key, record_audit

CONTACT_KIND_MISSING = _l("İlk temasın nasıl kurulduğunu seçin.")
CONTACT_DATE_MISSING = _l("Kişinin sizinle ne zaman temas kurduğunu yazın; bu tarih gelecekte olamaz.")
MAX_ROWS = 200  # Rows of a long list on one page.


@blueprint.get("/campaigns", endpoint="campaigns")
@needs(Permission.LOOK)
def show_campaigns() -> str:
    rows = read_session().execute(
        select(Campaign, Brand.name)
        .join(Brand, Brand.id == Campaign.brand_id)
        .where(Campaign.provider_id == current_user.provider_id, Campaign.delivery != Delivery.POINT)
        .order_by(Campaign.created_at.desc())
        .limit(MAX_ROWS)
    )
    listed = [(row.Campaign, row.name, campaigns.count_progress(read_session(), row.Campaign)) for row in rows]
    return render_template("dashboard/campaigns/campaigns.html", campaigns=listed)


@blueprint.route("/campaigns/new", methods=["GET", "POST"])
@needs(Permission.PREPARE)
def new_campaign() -> ResponseReturnValue:
    brands = open_brands()
    if not brands:
        flash(gettext("Kampanya açmak için aktif bir markanız olmalı."))
        return redirect(url_for(".brands"), 303)
    form = CampaignForm(brands=brands, **default_wording(brands[0]))
    if form.validate_on_submit():
        brand = next(brand for brand in brands if brand.id == form.brand.data)
        try:
            campaign = open_campaign_from(form, brand, clock.now())
        except campaigns.ContactMissing:
            db.session.rollback()
            add_contact_error(form)
        else:
            record_audit("campaign.opened", "campaign", campaign.id)
            db.session.commit()
            return redirect(url_for(".campaign", campaign_id=campaign.id), 303)
    return render_template("dashboard/campaigns/new_campaign.html", form=form), 422 if form.errors else 200


def open_brands() -> list[Brand]:
    """The provider's brands that may begin something new, the first one first."""
    own_brands = select(Brand).where(Brand.provider_id == current_user.provider_id, Brand.closed_at.is_(None))
    return list(read_session().scalars(own_brands.order_by(Brand.created_at)))


def default_wording(brand: Brand) -> dict[str, str]:
    """The usual text of a brand, by the fields of a form."""
    notice_url = brand.notice_url or read_session().get_one(Provider, brand.provider_id).notice_url
    return vars(default_texts.default_wording(brand.name, CampaignKind.ASK, notice_url))


def add_contact_error(form: CampaignForm) -> None:
    """Put the error beside the contact field that was left out."""
    if form.contact_kind.data:
        form.contact_date.errors = [str(CONTACT_DATE_MISSING)]
    else:
        form.contact_kind.errors = [str(CONTACT_KIND_MISSING)]


def open_campaign_from(form: CampaignForm, brand: Brand, at: datetime) -> Campaign:
    """The campaign that a form describes. Raises ContactMissing."""
    contact, day, kind = None, form.contact_date.data, form.contact_kind.data
    if day and kind:
        contact = campaigns.Contact(ContactKind(kind), day, form.contact_note.data or "")
    return campaigns.open_campaign(
        db.session,
        brand,
        name=form.name.data,
        kind=CampaignKind(form.kind.data),
        channels=[Channel(each) for each in form.channels.data],
        wording=form.wording(),
        contact=contact,
        expires_at=at + timedelta(days=form.expires_days.data),
        delivery=Delivery(form.delivery.data),
        at=at,
        today=clock.day(at),
    )


@blueprint.get("/campaigns/<id:campaign_id>", endpoint="campaign")
@needs(Permission.LOOK)
def show_campaign(campaign_id: int) -> str:
    return _render_campaign(own_campaign_or_404(read_session(), campaign_id))


@blueprint.post("/campaigns/<id:campaign_id>/audience")
@limiter.limit(limits.UPLOAD)
@needs(Permission.PREPARE)
def add_audience(campaign_id: int) -> ResponseReturnValue:
    """Read a pasted or uploaded list into the audience."""
    form = AudienceForm()
    if own_campaign_or_404(read_session(), campaign_id).launched_at or not form.validate_on_submit():
        abort(400)
    upload = request.files.get("file")
    try:
        found = read_address_list(upload.read() if upload and upload.filename else form.text.data or "")
    except Unreadable as unreadable:
        return _render_campaign(own_campaign_or_404(read_session(), campaign_id), file_problem=unreadable.problem), 422
    try:
        campaign = own_campaign_or_404(db.session, campaign_id)
        audience.add_list(db.session, vault(), campaign, found, current_user.id, clock.now())
    except campaigns.AudienceClosed:
        db.session.rollback()
        flash(gettext("Kampanya bu sırada başlatıldı; listeye artık adres alınmıyor."))
    except packages.PackageFull:
        db.session.rollback()
        return _render_campaign(own_campaign_or_404(read_session(), campaign_id), no_room=True), 422
    return redirect(url_for(".campaign", campaign_id=campaign_id), 303)


@blueprint.post("/campaigns/<id:campaign_id>/launch")
@needs(Permission.LAUNCH)
def launch(campaign_id: int) -> ResponseReturnValue:
    """Close the audience and let the worker make the links."""
    campaign = own_campaign_or_404(db.session, campaign_id)
    try:
        if campaign.kind == CampaignKind.ASK:
            packages.require_capacity(db.session, current_provider(), 0, clock.now())
        campaigns.launch(db.session, campaign, clock.now())
    except (campaigns.CannotLaunch, packages.PackageFull):  # The page says so, and what would help.
        db.session.rollback()
    else:
        record_audit("campaign.launched", "campaign", campaign.id)
        db.session.commit()
        wake("launch", campaign_id)
    return redirect(url_for(".campaign", campaign_id=campaign_id), 303)


@blueprint.post("/campaigns/<id:campaign_id>/close")
@needs(Permission.LAUNCH)
def close_campaign(campaign_id: int) -> ResponseReturnValue:
    """Close a campaign. Its links keep working and take refusals."""
    campaign = own_campaign_or_404(db.session, campaign_id)
    try:
        if lifecycle.close(db.session, campaign, clock.now()):
            record_audit("campaign.closed", "campaign", campaign.id)
        db.session.commit()
    except lifecycle.NotLaunched:
        db.session.rollback()
        flash(gettext("Kampanya henüz başlatılmadı; kapatılacak bir şey yok."))
    return redirect(url_for(".campaign", campaign_id=campaign_id), 303)


@blueprint.post("/campaigns/<id:campaign_id>/reopen")
@needs(Permission.LAUNCH)
def reopen_campaign(campaign_id: int) -> ResponseReturnValue:
    campaign = own_campaign_or_404(db.session, campaign_id)
    if lifecycle.reopen(db.session, campaign, clock.now()):
        record_audit("campaign.reopened", "campaign", campaign.id)
    db.session.commit()
    wake("launch", campaign_id)  # It may have been closed before all links were made or all messages sent.
    return redirect(url_for(".campaign", campaign_id=campaign_id), 303)


@blueprint.get("/campaigns/<id:campaign_id>/links.<any(csv, xlsx):format>")
@limiter.limit(limits.EXPORTS, key_func=provider_key)
@needs(Permission.EXPORT, fresh=True)
def download_links(campaign_id: int, format: str) -> Response:
    """Download the personal links that may be sent now with their addresses and texts, for any sender. Audited."""
    campaign = own_campaign_or_404(read_session(), campaign_id)
    record_audit("links.taken", "campaign", campaign.id, **vars(launches.count_links(read_session(), campaign)))
    db.session.commit()
    config = current_app.config
    # A read session of its own: the request's is closed before the answer is streamed.
    lines = launches.link_lines(read_session(), campaign, config["LINK_SALT"], config["LINK_BASE"])
    name = f"links-{campaign.id}"
    return download(lines, header=launches.COLUMNS, sheet="links", name=name, format=Format(format))


def own_campaign_or_404(session: Session, campaign_id: int) -> Campaign:
    """A consent point's campaign has no audience and no launch: only the point's page shows it."""
    found = own_row_or_404(session, Campaign, campaign_id)
    if found.delivery == Delivery.POINT:
        abort(404)
    return found


def _render_campaign(campaign: Campaign, file_problem: FileProblem | None = None, no_room: bool = False) -> str:
    progress = campaigns.count_progress(read_session(), campaign)
    standing = packages.measure_usage(read_session(), current_user.provider, clock.now(), with_iys=False)
    is_shut = campaign.kind == CampaignKind.ASK and standing.level == packages.Level.SHUT
    lists = select(AudienceList).where(AudienceList.campaign_id == campaign.id).order_by(AudienceList.created_at)
    batches = read_session().scalars(lists).all()
    return render_template(
        "dashboard/campaigns/campaign.html",
        campaign=campaign,
        brand_name=read_session().get_one(Brand, campaign.brand_id).name,
        text=read_session().get_one(ConsentText, campaign.text_id),
        progress=progress,
        refused_since=launches.count_links(read_session(), campaign).refused if campaign.linked_at else 0,
        batches=batches,
        bad_rows=_bad_lines(campaign),
        bad_total=sum(batch.bad for batch in batches),
        left_out=_omitted_addresses(campaign),
        answers=results.count_answers(read_session(), campaign) if campaign.launched_at else None,
        audience_form=AudienceForm(),
        may_launch=campaign.launched_at is None and progress.audience > 0,
        file_problem=file_problem,
        standing=standing,
        is_shut=is_shut and campaign.launched_at is None and not current_user.provider.in_sandbox_mode,
        no_room=no_room,
        is_limited=campaign.kind == CampaignKind.ASK or current_user.provider.in_sandbox_mode,
    )


def _bad_lines(campaign: Campaign) -> list[tuple[int, str, Problem]]:
    """(line, its text, what is wrong with it)"""
    rows = read_session().scalars(
        select(AudienceLine)
        .join(AudienceList, AudienceList.id == AudienceLine.list_id)
        .where(AudienceList.campaign_id == campaign.id)
        .order_by(AudienceLine.id)
        .limit(MAX_ROWS)
    )
    return [
        (row.line, vault().read(row.value, AudienceLine.PLACE, row.provider_id, row.id), Problem(row.problem))
        for row in rows
    ]


def _omitted_addresses(campaign: Campaign) -> list[tuple[str, ExclusionReason | None]]:
    rows = read_session().execute(
        select(Recipient, AudienceEntry.left_out)
        .join(AudienceEntry, AudienceEntry.recipient_id == Recipient.id)
        .where(AudienceEntry.campaign_id == campaign.id, AudienceEntry.left_out.is_not(None))
        .order_by(AudienceEntry.id)
        .limit(MAX_ROWS)
    )
    return [(recipients.masked_address(vault(), recipient), reason) for recipient, reason in rows]
