"""A campaign that asks people again whose grants came too late for İYS; it needs a contact they began (C-4)."""

from collections.abc import Mapping

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, CampaignKind, ImportBatch, Provider
from portal.domain import campaigns, packages
from portal.domain.campaigns import default_texts
from portal.domain.consents import recipients
from portal.domain.identity.permissions import Permission
from portal.services.imports.queries import late_recipients
from portal.services.imports.store import layout_of
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.campaigns.campaigns import open_campaign_from
from portal.web.dashboard.campaigns.forms import CampaignForm
from portal.web.dashboard.imports.batch_page import own_batch_or_404, page_context
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit

CHUNK = 5000  # Recipients in one transaction.


@blueprint.route("/imports/<id:batch_id>/campaign", methods=["GET", "POST"])
@needs(Permission.PREPARE)
def ask_late(batch_id: int) -> ResponseReturnValue:
    """Open the campaign with its audience."""
    batch = own_batch_or_404(read_session(), batch_id)
    brand = read_session().get_one(Brand, batch.brand_id)
    late = late_recipients(read_session(), batch)
    if not late or brand.closed_at:
        return render_template("dashboard/imports/no_recipients.html", **page_context(batch))
    form = _form(batch, brand, late)
    if form.validate_on_submit():
        try:
            packages.require_capacity(db.session, db.session.get_one(Provider, batch.provider_id), 0, clock.now())
            campaign = open_campaign_from(form, db.session.get_one(Brand, batch.brand_id), clock.now())
        except packages.PackageFull:
            flash(_("Paketinizde yer olmadığı için şu anda izin sorulamıyor."))
            db.session.rollback()
        else:
            record_audit("campaign.opened", "campaign", campaign.id, **form.promotion_facts())
            record_audit("audience.brought", "campaign", campaign.id, good=len(late))
            campaign_id = campaign.id
            for some in recipients.chunks(sorted(late), CHUNK):
                campaigns.add_recipients(db.session, campaign, {each: late[each] for each in some})
                db.session.commit()
            return redirect(url_for(".campaign", campaign_id=campaign_id), 303)
    page = render_template(
        "dashboard/campaigns/new_campaign.html",
        form=form,
        late=len(late),
        action=url_for(".ask_late", batch_id=batch_id),
    )
    return page, 422 if form.is_submitted() else 200


def _form(batch: ImportBatch, brand: Brand, late: Mapping[int, list[Channel]]) -> CampaignForm:
    notice_url = brand.notice_url or read_session().get_one(Provider, batch.provider_id).notice_url
    contact = layout_of(vault(), batch).contact if batch.layout else None
    form = CampaignForm(
        brands=[brand],
        name=_("Geç gelen onaylar, %(day)s", day=clock.day(batch.created_at).strftime("%d.%m.%Y")),
        channels=[each.value for each in Channel if any(each in theirs for theirs in late.values())],
        contact_kind=contact.value if contact else None,
        **default_texts.default_wording(brand.name, CampaignKind.ASK, notice_url).__dict__,
    )
    form.kind.choices = form.kind.choices[:1]  # Nobody here needs a refusing link,
    form.contact_kind.choices = form.contact_kind.choices[:-1]  # or has a contact of their own.
    return form
