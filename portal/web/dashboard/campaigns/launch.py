"""Launch a campaign, now or at a time."""

from datetime import datetime

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.domain.campaigns import CannotLaunch, sending
from portal.domain.identity.permissions import Permission
from portal.services import launches
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.campaigns.campaign_page import own_campaign_or_404, render_campaign
from portal.web.dashboard.campaigns.sending_forms import PlanForm
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit


@blueprint.post("/campaigns/<id:campaign_id>/launch")
@needs(Permission.LAUNCH)
def launch(campaign_id: int) -> ResponseReturnValue:
    """Close the audience and let the worker make the links."""
    campaign = own_campaign_or_404(db.session, campaign_id)
    try:
        launches.launch(db.session, campaign, by=current_user.id, at=clock.now())
    except CannotLaunch as refused:
        return _tell_refusal(campaign_id, refused)
    record_audit("campaign.launched", "campaign", campaign.id)
    db.session.commit()
    return redirect(url_for(".campaign", campaign_id=campaign_id), 303)


@blueprint.post("/campaigns/<id:campaign_id>/plan")
@needs(Permission.LAUNCH)
def plan_launch(campaign_id: int) -> ResponseReturnValue:
    """Set or change the time of a launch. What a launch needs is needed now, too."""
    shown, form, at = own_campaign_or_404(read_session(), campaign_id), PlanForm(), clock.now()
    if not form.validate_on_submit():
        return render_campaign(shown, plan_form=form), 422
    launch_at: datetime = form.launch_at.data.replace(tzinfo=clock.ISTANBUL)
    campaign = own_campaign_or_404(db.session, campaign_id)
    try:
        launches.require_ready(db.session, campaign, by=current_user.id, at=at)
        if sending.plan_launch(db.session, campaign, launch_at, current_user.id, at):
            record_audit("campaign.planned", "campaign", campaign.id, at=f"{launch_at:%d.%m.%Y %H:%M}")
    except CannotLaunch as refused:
        return _tell_refusal(campaign_id, refused)
    except sending.WrongTime:
        db.session.rollback()
        form.launch_at.errors = [_("Gelecekte, bir yıl içinde bir zaman yazın.")]
        return render_campaign(shown, plan_form=form), 422
    db.session.commit()
    return redirect(url_for(".campaign", campaign_id=campaign_id), 303)


@blueprint.post("/campaigns/<id:campaign_id>/plan/cancel")
@needs(Permission.LAUNCH)
def cancel_plan(campaign_id: int) -> ResponseReturnValue:
    campaign = own_campaign_or_404(db.session, campaign_id)
    if sending.cancel_plan(db.session, campaign):
        record_audit("campaign.plan_cancelled", "campaign", campaign.id)
    db.session.commit()
    return redirect(url_for(".campaign", campaign_id=campaign_id), 303)


def _tell_refusal(campaign_id: int, refused: CannotLaunch) -> ResponseReturnValue:
    """The page lists what is missing; the message says the first of it."""
    db.session.rollback()
    cures = [_(each.words.cure) for each in refused.checks] if isinstance(refused, launches.LaunchRefused) else []
    flash(" ".join([_("Kampanya başlatılmadı."), *cures]))
    return redirect(url_for(".campaign", campaign_id=campaign_id), 303)
