"""What a campaign's page shows of its launch and of its messages."""

from typing import Any

from flask import current_app, url_for
from flask_login import current_user
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import read_session
from portal.core.models import Campaign, Delivery, User
from portal.domain.campaigns import confirmations, message_counts
from portal.domain.campaigns.quiet_hours import next_opening
from portal.services import launches
from portal.services.launches.launch_checks import Need
from portal.web.dashboard.campaigns.sending_forms import PlanForm
from portal.web.shared.gateway_words import explain_reason


def launch_context(campaign: Campaign, plan_form: PlanForm | None) -> dict[str, Any]:
    """Variables of the templates campaign_launch.html and campaign_sending.html."""
    is_ours = campaign.delivery == Delivery.GATEWAY
    checks = _check(campaign)
    return {
        "checks": checks,
        "mending": _mending(campaign),
        "may_launch": bool(checks) and all(each.is_met or each.is_advice for each in checks),
        "plan_form": plan_form or PlanForm.of(campaign),
        "preparer": _name(campaign.prepared_by),
        "launcher": _name(campaign.launched_by),
        "opens_at": next_opening(current_user.provider, clock.now()) if is_ours else None,
        "lacking": _lacking(campaign),
        "own": confirmations.find_own(read_session(), campaign.id),
        "messages": message_counts.count_messages(read_session(), [campaign.id])[campaign.id],
        "explain_reason": explain_reason,
    }


def _check(campaign: Campaign) -> list[launches.LaunchCheck]:
    if campaign.launched_at:
        return []
    return launches.check_launch(read_session(), campaign, by=current_user.id, at=clock.now())


def _lacking(campaign: Campaign) -> tuple[str, ...]:
    if campaign.launched_at:
        return ()
    return confirmations.why_not_begin(read_session(), campaign, in_development=current_app.config["DEVELOPMENT"])


def _name(user_id: int | None) -> str:
    return (read_session().scalar(select(User.name).where(User.id == user_id)) or "") if user_id else ""


def _mending(campaign: Campaign) -> dict[Need, str]:
    """Where to put right what is missing."""
    accounts, brand = url_for("dashboard.gateways"), url_for("dashboard.show_brand", brand_id=campaign.brand_id)
    return {
        Need.PROMOTION: url_for("dashboard.campaign_message", campaign_id=campaign.id),
        Need.PACKAGE: url_for("dashboard.package"),
        Need.HEADER: brand,
        Need.BRAND: brand,
        **dict.fromkeys((Need.SMS, Need.EMAIL, Need.ROUTE, Need.CONFIRMATION), accounts),
    }
