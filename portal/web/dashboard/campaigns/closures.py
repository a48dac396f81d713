"""Closing a campaign and opening it again. Its links open all the while, and take refusals."""

from flask import abort, flash, redirect, url_for
from flask_babel import gettext

from portal.core import clock
from portal.core.extensions import db, wake
from portal.domain.campaigns import closures
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.blueprint import blueprint, note
from portal.web.dashboard.campaigns.campaigns import mine_or_404
from portal.web.dashboard.forms import LaunchForm
from portal.web.shared.access import needs


@blueprint.post("/campaigns/<id:campaign_id>/close")
@needs(Permission.LAUNCH)
def close_campaign(campaign_id: int):
    """Ask nobody more."""
    if not LaunchForm().validate_on_submit():
        abort(400)
    mine = mine_or_404(db.session, campaign_id)
    try:
        is_new = closures.close(db.session, mine, clock.now())
    except closures.NotLaunched:
        db.session.rollback()
        flash(gettext("Kampanya henüz başlatılmadı; kapatılacak bir şey yok."))
        return redirect(url_for(".campaign", campaign_id=campaign_id), 303)
    if is_new:
        note("campaign.closed", "campaign", mine.id)
    db.session.commit()
    return redirect(url_for(".campaign", campaign_id=campaign_id), 303)


@blueprint.post("/campaigns/<id:campaign_id>/reopen")
@needs(Permission.LAUNCH)
def reopen_campaign(campaign_id: int):
    """Go on where it stood."""
    if not LaunchForm().validate_on_submit():
        abort(400)
    mine = mine_or_404(db.session, campaign_id)
    if closures.reopen(db.session, mine, clock.now()):
        note("campaign.reopened", "campaign", mine.id)
    db.session.commit()
    wake("launch", campaign_id)  # It may have been closed with links still to make, or messages to send.
    return redirect(url_for(".campaign", campaign_id=campaign_id), 303)
