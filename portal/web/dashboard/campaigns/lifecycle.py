"""Pause, resume, stop, close and reopen a campaign, and the caps of its budget."""

from collections.abc import Callable

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.ids import parse_id
from portal.core.models import Campaign, CampaignState, Message
from portal.domain.campaigns import lifecycle, message_counts, sending, text_reviews
from portal.domain.identity.permissions import Permission
from portal.services.messaging import message_outcomes
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.campaigns.campaign_page import own_campaign_or_404
from portal.web.dashboard.campaigns.sending_forms import CampaignBudgetForm
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.gateway_words import explain_reason
from portal.web.shared.redirects import commit_and_redirect, rollback_and_redirect

GOING_ON = (CampaignState.RUNNING, CampaignState.PAUSED)


@blueprint.get("/campaigns/<id:campaign_id>/progress")
@needs(Permission.LOOK)
def campaign_progress(campaign_id: int) -> str:
    """The part of a campaign's page that changes while its messages leave; a script polls it."""
    campaign = own_campaign_or_404(read_session(), campaign_id)
    messages = message_counts.count_messages(read_session(), [campaign_id])[campaign_id]
    return render_template(
        "dashboard/campaigns/campaign_progress.html", campaign=campaign, messages=messages,
        explain_reason=explain_reason, undecided=messages.uncertain and message_outcomes.count_undecided(campaign_id),
    )  # fmt: skip


@blueprint.post("/campaigns/<id:campaign_id>/pause")
@needs(Permission.CLOSE)
def pause_campaign(campaign_id: int) -> ResponseReturnValue:
    """Send nothing until it is resumed. Its links keep working."""
    return _act(campaign_id, lambda campaign: sending.pause(db.session, campaign, clock.now()), "campaign.paused")


@blueprint.post("/campaigns/<id:campaign_id>/resume")
@needs(Permission.LAUNCH)
def resume_campaign(campaign_id: int) -> ResponseReturnValue:
    try:
        return _act(campaign_id, lambda campaign: sending.resume(db.session, campaign, clock.now()), "campaign.resumed")
    except sending.BudgetUsedUp:
        db.session.rollback()
        flash(_("Bütçe doldu: önce yükseltin ya da kaldırın."))
        return redirect(url_for(".campaign_budget", campaign_id=campaign_id), 303)


@blueprint.post("/campaigns/<id:campaign_id>/stop")
@needs(Permission.CLOSE)
def stop_campaign(campaign_id: int) -> ResponseReturnValue:
    """Send nothing any more; the worker withdraws what has not left."""
    return _act(campaign_id, lambda campaign: sending.stop(db.session, campaign, clock.now()), "campaign.stopped")


@blueprint.post("/campaigns/<id:campaign_id>/undecided")
@needs(Permission.LAUNCH)
def settle_campaign_messages(campaign_id: int) -> ResponseReturnValue:
    """Decide about messages of one gateway and one answer, of which nobody can tell whether they went."""
    campaign, again = own_campaign_or_404(db.session, campaign_id), request.form.get("act") == "again"
    if request.form.get("act") not in ("sent", "again") or (again and campaign.state not in GOING_ON):
        abort(400)
    word = request.form.get("word", "").replace("\0", "")
    of_group = Message.campaign_id == campaign_id, message_outcomes.vendor_word == word
    of_gateway = Message.gateway_id == request.form.get("gateway", type=parse_id)
    count = message_outcomes.settle_undecided(*of_group, of_gateway, at=clock.now(), sends_again=again)
    record_audit("gateway.settled", "campaign", campaign_id, count=count, again=again)
    return commit_and_redirect(url_for(".campaign", campaign_id=campaign_id), _("Kaydedildi."))


@blueprint.post("/campaigns/<id:campaign_id>/close")
@needs(Permission.CLOSE)
def close_campaign(campaign_id: int) -> ResponseReturnValue:
    """Close a campaign. Its links keep working and take refusals."""
    try:
        return _act(campaign_id, lambda campaign: lifecycle.close(db.session, campaign, clock.now()), "campaign.closed")
    except lifecycle.NotLaunched:
        db.session.rollback()
        flash(_("Kampanya henüz başlatılmadı; kapatılacak bir şey yok."))
        return redirect(url_for(".campaign", campaign_id=campaign_id), 303)


@blueprint.post("/campaigns/<id:campaign_id>/reopen")
@needs(Permission.LAUNCH)
def reopen_campaign(campaign_id: int) -> ResponseReturnValue:
    """Send what was left unsent, unless the approval of its text was taken back meanwhile."""
    try:
        return _act(campaign_id, lambda each: lifecycle.reopen(db.session, each, clock.now()), "campaign.reopened")
    except text_reviews.TextNotApproved:
        message = _("Metninin ya da adının onayı geri alındı; yeniden açılamaz. Kararı e-postayla bildirdik.")
        return rollback_and_redirect(url_for(".campaign", campaign_id=campaign_id), message)


@blueprint.route("/campaigns/<id:campaign_id>/budget", methods=["GET", "POST"])
@needs(Permission.LAUNCH)
def campaign_budget(campaign_id: int) -> ResponseReturnValue:
    """Set the most SMS parts and the most money; before the launch or later."""
    campaign = own_campaign_or_404(read_session(), campaign_id)
    form = CampaignBudgetForm.of(campaign)
    if not form.validate_on_submit():
        page = render_template("dashboard/campaigns/campaign_budget.html", campaign=campaign, form=form)
        return page, 422 if form.errors else 200
    sending.set_budget(db.session, own_campaign_or_404(db.session, campaign_id), **form.caps())
    record_audit("campaign.budget_set", "campaign", campaign_id, parts=form.most_parts.data, lira=form.most_lira.data)
    return commit_and_redirect(url_for(".campaign", campaign_id=campaign_id), _("Bütçe kaydedildi."))


def _act(campaign_id: int, change: Callable[[Campaign], bool], act: str) -> ResponseReturnValue:
    """Change a campaign's state, and note it where that is new."""
    campaign = own_campaign_or_404(db.session, campaign_id)
    if change(campaign):
        record_audit(act, "campaign", campaign.id)
    db.session.commit()
    return redirect(url_for(".campaign", campaign_id=campaign_id), 303)
