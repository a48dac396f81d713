"""Closing and reopening a campaign. Its links keep working and take refusals."""

from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal.core import clock
from portal.core.extensions import db, wake
from portal.domain.campaigns import closures
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.campaigns.campaigns import own_campaign_or_404
from portal.web.dashboard.forms import CsrfForm
from portal.web.shared.access import needs
from portal.web.shared.signed_in_person import record_audit


@blueprint.post("/campaigns/<id:campaign_id>/close")
@needs(Permission.LAUNCH)
def close_campaign(campaign_id: int) -> ResponseReturnValue:
    if not CsrfForm().validate_on_submit():
        abort(400)
    campaign = own_campaign_or_404(db.session, campaign_id)
    try:
        is_new = closures.close(db.session, campaign, clock.now())
    except closures.NotLaunched:
        db.session.rollback()
        flash(gettext("Kampanya henüz başlatılmadı; kapatılacak bir şey yok."))
        return redirect(url_for(".campaign", campaign_id=campaign_id), 303)
    if is_new:
        record_audit("campaign.closed", "campaign", campaign.id)
    db.session.commit()
    return redirect(url_for(".campaign", campaign_id=campaign_id), 303)


@blueprint.post("/campaigns/<id:campaign_id>/reopen")
@needs(Permission.LAUNCH)
def reopen_campaign(campaign_id: int) -> ResponseReturnValue:
    if not CsrfForm().validate_on_submit():
        abort(400)
    campaign = own_campaign_or_404(db.session, campaign_id)
    if closures.reopen(db.session, campaign, clock.now()):
        record_audit("campaign.reopened", "campaign", campaign.id)
    db.session.commit()
    wake("launch", campaign_id)  # It may have been closed before all links were made or all messages sent.
    return redirect(url_for(".campaign", campaign_id=campaign_id), 303)
