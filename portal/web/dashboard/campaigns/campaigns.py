"""Campaigns on the dashboard: write one, bring its audience, launch it, take the links."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Response, abort, current_app, flash, redirect, render_template, request, stream_with_context, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select

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
    ContactKind,
    Delivery,
    LeftOut,
    Provider,
    Recipient,
)
from portal.core.models.link_context import text_of
from portal.domain import campaigns, packages
from portal.domain.campaigns import default_texts
from portal.domain.consents import recipients
from portal.domain.identity.permissions import Permission
from portal.services import launches
from portal.services.imports import audience
from portal.services.imports.address_lists import read_address_list
from portal.services.imports.reading import Unreadable
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.campaigns import results
from portal.web.dashboard.forms import AudienceForm, CampaignForm, CsrfForm
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.signed_in_person import record_audit

CONTACT_KIND_MISSING = _l("İlk temasın nasıl kurulduğunu seçin.")
CONTACT_DATE_MISSING = _l("Kişinin sizinle ne zaman temas kurduğunu yazın; bu tarih gelecekte olamaz.")
MAX_ROWS = 200  # Rows of a long list on one page.


@dataclass(frozen=True)
class CampaignRow:
    """A campaign in the list."""

    campaign: Campaign
    brand_name: str
    progress: campaigns.Progress


@blueprint.get("/campaigns", endpoint="campaigns")
@needs(Permission.LOOK)
def show_campaigns():
    """All campaigns, newest first."""
    rows = read_session().execute(
        select(Campaign, Brand.name)
        .join(Brand, Brand.id == Campaign.brand_id)
        .where(Campaign.provider_id == current_user.provider_id, Campaign.delivery != Delivery.POINT)
        .order_by(Campaign.created_at.desc())
        .limit(MAX_ROWS)
    )
    listed = [CampaignRow(campaign, name, campaigns.progress_of(read_session(), campaign)) for campaign, name in rows]
    return render_template("dashboard/campaigns/campaigns.html", campaigns=listed)


@blueprint.route("/campaigns/new", methods=["GET", "POST"])
@needs(Permission.PREPARE)
def new_campaign():
    """Write a campaign."""
    of_mine = select(Brand).where(Brand.provider_id == current_user.provider_id, Brand.closed_at.is_(None))
    brands = read_session().scalars(of_mine.order_by(Brand.created_at)).all()
    if not brands:  # Until there is one that is not passive, nothing can be asked.
        flash(gettext("Kampanya açmak için aktif bir markanız olmalı."))
        return redirect(url_for(".brands"), 303)
    notice_url = brands[0].notice_url or read_session().get_one(Provider, current_user.provider_id).notice_url
    form = CampaignForm(brands=brands, **default_texts.usual(brands[0].name, CampaignKind.ASK, notice_url).__dict__)
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


def add_contact_error(form: CampaignForm) -> None:
    """Beside the field that was left out."""
    if form.contact_kind.data:
        form.contact_date.errors = [str(CONTACT_DATE_MISSING)]
    else:
        form.contact_kind.errors = [str(CONTACT_KIND_MISSING)]


def open_campaign_from(form: CampaignForm, brand: Brand, at: datetime) -> Campaign:
    """The campaign that a form describes. Raises ContactMissing."""
    contact = (
        campaigns.Contact(ContactKind(form.contact_kind.data), form.contact_date.data, form.contact_note.data or "")
        if form.contact_date.data and form.contact_kind.data
        else None
    )
    return campaigns.open_campaign(
        db.session,
        brand,
        name=form.name.data,
        kind=CampaignKind(form.kind.data),
        channels=[Channel(each) for each in form.channels.data],
        wording=campaigns.Wording(
            form.title_tr.data, form.body_tr.data, form.title_en.data, form.body_en.data, form.notice_url.data
        ),
        contact=contact,
        expires_at=at + timedelta(days=form.expires_days.data),
        delivery=Delivery(form.delivery.data),
        at=at,
        today=clock.day(at),
    )


@blueprint.get("/campaigns/<id:campaign_id>")
@needs(Permission.LOOK)
def campaign(campaign_id: int):
    """One campaign: its audience, its launch, its links."""
    return _render_campaign(own_campaign_or_404(read_session(), campaign_id))


@blueprint.post("/campaigns/<id:campaign_id>/audience")
@limiter.limit(limits.UPLOAD)
@needs(Permission.PREPARE)
def add_audience(campaign_id: int):
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
        mine = own_campaign_or_404(db.session, campaign_id)
        audience.add_list(db.session, vault(), mine, found, current_user.id, clock.now())
    except campaigns.AudienceClosed:
        db.session.rollback()
        flash(gettext("Kampanya bu sırada başlatıldı; listeye artık adres alınmıyor."))
    except packages.NoRoom:
        db.session.rollback()
        return _render_campaign(own_campaign_or_404(read_session(), campaign_id), no_room=True), 422
    return redirect(url_for(".campaign", campaign_id=campaign_id), 303)


@blueprint.post("/campaigns/<id:campaign_id>/launch")
@needs(Permission.LAUNCH)
def launch(campaign_id: int):
    """Close the audience and let the worker make the links."""
    if not CsrfForm().validate_on_submit():
        abort(400)
    mine = own_campaign_or_404(db.session, campaign_id)
    try:
        if mine.kind == CampaignKind.ASK:
            packages.require_room(db.session, db.session.get_one(Provider, mine.provider_id), 0, clock.now())
        campaigns.launch(db.session, mine, clock.now())
    except campaigns.CannotLaunch:
        db.session.rollback()
    except packages.NoRoom:  # The page says so, and what would help.
        db.session.rollback()
    else:
        record_audit("campaign.launched", "campaign", mine.id)
        db.session.commit()
        wake("launch", campaign_id)
    return redirect(url_for(".campaign", campaign_id=campaign_id), 303)


@blueprint.get("/campaigns/<id:campaign_id>/links.csv")
@needs(Permission.EXPORT, fresh=True)
def links_csv(campaign_id: int):
    """The personal links with their addresses, for any sender. Taking them is noted."""
    mine = own_campaign_or_404(read_session(), campaign_id)
    record_audit("links.taken", "campaign", mine.id)
    db.session.commit()
    return Response(
        stream_with_context(_csv_lines(mine)),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="links-{mine.id}.csv"'},
    )


def _csv_lines(mine: Campaign) -> Iterator[str]:
    yield "address,link\r\n"
    config = current_app.config
    # Reading begins only here: what the page itself read with is given back before its answer is sent.
    for row in launches.links_of(read_session(), mine, config["LINK_SALT"], config["LINK_BASE"]):
        line = io.StringIO()
        csv.writer(line).writerow(row)
        yield line.getvalue()


def own_campaign_or_404(session, campaign_id: int) -> Campaign:
    """A consent point's campaign has no list and no launch: it is looked at on the point's own page."""
    found = session.get(Campaign, campaign_id)
    if found is None or found.provider_id != current_user.provider_id or found.delivery == Delivery.POINT:
        abort(404)
    return found


def _render_campaign(mine: Campaign, file_problem=None, no_room: bool = False) -> str:
    progress = campaigns.progress_of(read_session(), mine)
    standing = packages.standing(read_session(), current_user.provider, clock.now(), with_iys=False)
    is_shut = mine.kind == CampaignKind.ASK and standing.level == packages.Level.SHUT
    batches = (
        read_session()
        .scalars(select(AudienceList).where(AudienceList.campaign_id == mine.id).order_by(AudienceList.created_at))
        .all()
    )
    return render_template(
        "dashboard/campaigns/campaign.html",
        campaign=mine,
        brand_name=read_session().get_one(Brand, mine.brand_id).name,
        text=text_of(read_session(), mine.text_id),
        progress=progress,
        batches=batches,
        bad_rows=_bad_lines(mine),
        bad_total=sum(batch.bad for batch in batches),
        left_out=_omitted_addresses(mine),
        answers=results.count_answers(read_session(), mine) if mine.launched_at else None,
        audience_form=AudienceForm(),
        may_launch=mine.launched_at is None and progress.audience > 0,
        file_problem=file_problem,
        standing=standing,
        is_shut=is_shut and mine.launched_at is None and not current_user.provider.is_practising,
        no_room=no_room,
        is_limited=mine.kind == CampaignKind.ASK or current_user.provider.is_practising,
    )


@dataclass(frozen=True)
class BadLine:
    """A bad line with its problem and cure."""

    line: int
    value: str
    sentence: str
    cure: str


def _bad_lines(mine: Campaign) -> list[BadLine]:
    rows = read_session().scalars(
        select(AudienceLine)
        .join(AudienceList, AudienceList.id == AudienceLine.list_id)
        .where(AudienceList.campaign_id == mine.id)
        .order_by(AudienceLine.id)
        .limit(MAX_ROWS)
    )
    bad = []
    for row in rows:
        problem = Problem(row.problem)
        value = vault().read(row.value, AudienceLine.PLACE, row.provider_id, row.id)
        bad.append(BadLine(row.line, value, problem.sentence, problem.cure))
    return bad


@dataclass(frozen=True)
class OmittedAddress:
    """An address that got no link."""

    address: str
    reason: LeftOut


def _omitted_addresses(mine: Campaign) -> list[OmittedAddress]:
    rows = read_session().execute(
        select(Recipient, AudienceEntry.left_out)
        .join(AudienceEntry, AudienceEntry.recipient_id == Recipient.id)
        .where(AudienceEntry.campaign_id == mine.id, AudienceEntry.left_out.is_not(None))
        .order_by(AudienceEntry.id)
        .limit(MAX_ROWS)
    )
    return [OmittedAddress(recipients.masked(vault(), who), reason) for who, reason in rows]
