"""What campaigns do by the clock: a planned launch at its time, and the mail about a budget that is used up."""

from datetime import datetime

from flask_babel import force_locale, gettext
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import Campaign, MailKind, PauseReason, Provider, User
from portal.domain import audit
from portal.domain.identity import members
from portal.domain.identity.permissions import Permission
from portal.jobs.independent_steps import NobodyNotified, independent_step
from portal.services import launches
from portal.services.launches.needs import Need
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.owner_notifications import notify_person

UNTOLD = Campaign.pause_reason == PauseReason.BUDGET, Campaign.pause_told_at.is_(None)


def launch_planned() -> None:
    """Launch what is due; the worker then makes the links. One that fails holds up no other. Commits."""
    at = clock.now()
    for campaign_id in read_session().scalars(select(Campaign.id).where(Campaign.launch_at <= at)).all():
        with independent_step("campaign.not_launched", campaign=campaign_id):
            _launch(db.session.get_one(Campaign, campaign_id, with_for_update=True, populate_existing=True), at)


def tell_of_budgets() -> None:
    """Mail whoever launched a campaign that it has paused itself, once for each pause. Commits."""
    for campaign_id in read_session().scalars(select(Campaign.id).where(*UNTOLD)).all():
        with independent_step("campaign.untold", campaign=campaign_id):
            _tell_of_budget(db.session.get_one(Campaign, campaign_id, with_for_update=True, populate_existing=True))


def _launch(campaign: Campaign, at: datetime) -> None:
    """The rules hold at this moment: what was right when it was planned may not be any more."""
    if campaign.launch_at is None or campaign.launch_at > at:  # Another was quicker, or changed the plan.
        return
    planner, missing = campaign.launched_by, ""
    may_launch = members.may(db.session, planner, campaign.provider_id, Permission.LAUNCH)
    try:
        if not may_launch:
            raise launches.LaunchRefused([launches.LaunchCheck(Need.PLANNER, is_met=False)])
        launches.launch(db.session, campaign, by=planner, at=at)
    except launches.LaunchRefused as refused:
        missing, campaign.launch_at, campaign.launched_by = str(refused), None, None
        _tell_of_refusal(campaign, planner if may_launch else None, refused)
    audit.note(
        db.session, "campaign.launch_refused" if missing else "campaign.launched", "campaign", campaign.id,
        provider_id=campaign.provider_id, at=at, user_id=planner, facts={"missing": missing} if missing else {},
    )  # fmt: skip


def _tell_of_refusal(campaign: Campaign, planner: int | None, refused: launches.LaunchRefused) -> None:
    """Who planned it or, where that is nobody who may launch, the owners."""
    person = db.session.get(User, planner) if planner else None
    with force_locale(person.language if person else "tr"):
        reason = "\n".join(gettext(each.words.cure) for each in refused.checks)
    _mail(campaign, planner, MailKind.LAUNCH_REFUSED, reason=reason)


def _tell_of_budget(campaign: Campaign) -> None:
    if campaign.pause_reason != PauseReason.BUDGET or campaign.pause_told_at:
        return
    _mail(campaign, campaign.launched_by, MailKind.CAMPAIGN_PAUSED, parts=str(campaign.parts_used))
    campaign.pause_told_at = clock.now()


def _mail(campaign: Campaign, user_id: int | None, kind: MailKind, **facts: str) -> None:
    provider = db.session.get_one(Provider, campaign.provider_id)
    link = absolute_url("dashboard.campaign", campaign_id=campaign.id)
    if not notify_person(provider, user_id, kind, name=campaign.name, link=link, **facts):
        raise NobodyNotified
