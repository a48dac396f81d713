"""A campaign's audience by filter, with the count before anybody is added; and a person's word for unread columns."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.extensions import db, limiter, read_session
from portal.core.iys_protocol import Channel
from portal.core.models import Campaign, CampaignKind
from portal.domain import campaigns, packages
from portal.domain.consents.evidence import Strength
from portal.domain.identity.permissions import Permission
from portal.services.imports import waiting_lists
from portal.services.imports.audience_filter import (
    MAX_PEOPLE,
    AudienceFilter,
    FilterKind,
    count_people,
    unreached_campaigns,
)
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.campaigns.campaign_page import own_campaign_or_404
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.labels import label
from portal.web.shared.own_rows import current_provider


@blueprint.get("/campaigns/<id:campaign_id>/audience/filter", endpoint="audience_filter")
@needs(Permission.PREPARE)
def show_filter(campaign_id: int) -> str:
    """Choose people by what they said or got; `who` is the choice whose people are counted."""
    campaign = _asking_or_404(read_session(), campaign_id)
    choices = _choices(read_session(), campaign)
    who = request.args.get("who", "")
    return render_template(
        "dashboard/campaigns/audience_filter.html",
        campaign=campaign,
        choices=choices,
        who=who if who in choices else None,
        count=count_people(read_session(), campaign, choices[who][1]) if who in choices else None,
        most=MAX_PEOPLE,
    )


@blueprint.post("/campaigns/<id:campaign_id>/audience/filter")
@limiter.limit(limits.UPLOAD)
@needs(Permission.PREPARE)
def add_by_filter(campaign_id: int) -> ResponseReturnValue:
    """Let the worker add the people of the choice `who`."""
    campaign = _asking_or_404(db.session, campaign_id)
    choices, who = _choices(db.session, campaign), request.args.get("who", "")
    if who not in choices:
        abort(400)
    try:
        packages.require_capacity(db.session, current_provider(), 0, clock.now())
        waiting_lists.store_filter(db.session, campaign, choices[who][1], current_user.id)
    except packages.PackageFull:
        db.session.rollback()
        flash(_("Paketinizde yer olmadığı için şu anda izin sorulamıyor."))
    except campaigns.AudienceClosed:
        db.session.rollback()
        flash(_("Kampanya bu sırada başlatıldı; listeye artık adres alınmıyor."))
    return redirect(url_for(".campaign", campaign_id=campaign_id), 303)


@blueprint.post("/campaigns/<id:campaign_id>/audience/unread")
@needs(Permission.PREPARE)
def confirm_unread(campaign_id: int) -> ResponseReturnValue:
    """Take a person's word that columns which were not read hold no refusals; until then nothing is launched."""
    campaign = own_campaign_or_404(db.session, campaign_id)
    if campaigns.confirm_unread(db.session, campaign, clock.now(), seen=request.form.get("seen", "")):
        record_audit("audience.unread_confirmed", "campaign", campaign.id)
    else:
        flash(_("Siz bakarken başka bir liste geldi. Okunmayanlara yeniden bakın."))
    db.session.commit()
    return redirect(url_for(".campaign", campaign_id=campaign_id), 303)


def _asking_or_404(session: Session, campaign_id: int) -> Campaign:
    """A campaign that offers refusal chooses nobody by what is known of them."""
    campaign = own_campaign_or_404(session, campaign_id)
    if campaign.kind == CampaignKind.REFUSE:
        abort(404)
    return campaign


def _choices(session: Session, campaign: Campaign) -> dict[str, tuple[str, AudienceFilter]]:
    """Filters with their words, by the values of the form."""
    if campaign.kind == CampaignKind.RECONFIRM:
        weak = _("Onayının kanıtı zayıf olan, ileti gönderilebilen kişiler")
        fair = _("Onayının kanıtı orta olan, ileti gönderilebilen kişiler")
        return {
            each.value: (words, AudienceFilter(FilterKind.EVIDENCE, strength=each))
            for words, each in ((weak, Strength.WEAK), (fair, Strength.FAIR))
        }
    found = {"late": (_("Dosyadan gelen, İYS'ye geç kalmış onayı olanlar"), AudienceFilter(FilterKind.LATE))}
    for asked in campaign.offered:
        for granted in Channel:
            if granted != asked:
                words = _("%(granted)s onayı olan, %(asked)s için hiç sorulmamış olanlar",
                          granted=label(granted), asked=label(asked))  # fmt: skip
                wanted = AudienceFilter(FilterKind.OTHER_CHANNEL, granted, asked)
                found[f"{granted}-{asked}"] = words, wanted
    for earlier in unreached_campaigns(session, campaign):
        words = _("“%(name)s” kampanyasının iletisi ulaşmamış olanlar", name=earlier.name)
        found[str(earlier.id)] = words, AudienceFilter(FilterKind.UNREACHED, campaign_id=earlier.id)
    return found
