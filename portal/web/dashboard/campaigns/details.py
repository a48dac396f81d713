"""A campaign's note and tags, and the rules of all campaigns of a provider."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.core.extensions import db, read_session
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.campaigns.campaign_page import own_campaign_or_404
from portal.web.dashboard.campaigns.sending_forms import DetailsForm, RulesForm
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.own_rows import current_provider
from portal.web.shared.redirects import commit_and_redirect


@blueprint.route("/campaigns/<id:campaign_id>/details", methods=["GET", "POST"])
@needs(Permission.PREPARE)
def campaign_details(campaign_id: int) -> ResponseReturnValue:
    campaign = own_campaign_or_404(read_session(), campaign_id)
    form = DetailsForm(tags=", ".join(campaign.tag_list), note=campaign.note)
    if not form.validate_on_submit():
        page = render_template("dashboard/campaigns/campaign_details.html", campaign=campaign, form=form)
        return page, 422 if form.errors else 200
    campaign = own_campaign_or_404(db.session, campaign_id)
    campaign.tags, campaign.note = ",".join(form.clean_tags()), (form.note.data or "").strip()
    record_audit("campaign.noted", "campaign", campaign.id)
    return commit_and_redirect(url_for(".campaign", campaign_id=campaign_id), _("Kaydedildi."))


@blueprint.route("/campaigns/rules", methods=["GET", "POST"])
@needs(Permission.PEOPLE, fresh=True)
def campaign_rules() -> ResponseReturnValue:
    """When invitations leave, and whether whoever prepared a campaign may launch it."""
    form = RulesForm.of(current_user.provider)
    if not form.validate_on_submit():
        page = render_template("dashboard/campaigns/campaign_rules.html", form=form)
        return page, 422 if form.errors else 200
    provider = current_provider()
    provider.sends_from, provider.sends_until = form.sends_from.data, form.sends_until.data
    provider.needs_two_people = form.needs_two_people.data
    record_audit("campaign.rules_set", "provider", provider.id)
    return commit_and_redirect(url_for(".campaigns"), _("Kaydedildi."))
