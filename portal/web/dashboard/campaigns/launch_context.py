"""What a campaign's page shows of its launch and of its messages."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import read_session
from portal.core.models import (
    Brand,
    Campaign,
    CampaignState,
    Delivery,
    GatewayState,
    Message,
    MessageGateway,
    MessageState,
    User,
)
from portal.domain.campaigns import confirmations, message_counts
from portal.domain.campaigns.quiet_hours import next_opening
from portal.domain.notifications import gateways
from portal.services import launches
from portal.services.launches.needs import Need
from portal.services.messaging import message_outcomes
from portal.web.dashboard.campaigns.sending_forms import PlanForm
from portal.web.shared.gateway_account_page import AccountStatus, account_status, account_title
from portal.web.shared.gateway_words import OWN_CODES, explain_reason


@dataclass(frozen=True)
class Undecided:
    """Messages of which nobody can tell whether they went."""

    gateway: MessageGateway | None
    title: str  # Of the account, as its owner calls it.
    word: str  # The vendor's.
    count: int
    answer: str  # What came back, in a sentence.


def launch_context(campaign: Campaign, plan_form: PlanForm | None) -> dict[str, Any]:
    """Variables of the templates campaign_launch.html and campaign_sending.html."""
    is_ours = campaign.delivery == Delivery.GATEWAY
    checks = _check(campaign)
    messages = message_counts.count_messages(read_session(), [campaign.id])[campaign.id]
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
        "messages": messages,
        "undecided": _undecided(campaign) if messages.uncertain else [],
        "holding": _holding_accounts(campaign),
        "explain_reason": explain_reason,
    }


def _undecided(campaign: Campaign) -> list[Undecided]:
    rows = [
        (read_session().get(MessageGateway, gateway_id or 0), reason, word, count)
        for gateway_id, reason, word, count in message_outcomes.count_undecided(campaign.id)
    ]
    return [
        Undecided(
            row, account_title(row) if row else "", word, count,
            _(OWN_CODES[word][0]) if word in OWN_CODES else explain_reason(reason, word),
        )
        for row, reason, word, count in rows
    ]  # fmt: skip


def _holding_accounts(campaign: Campaign) -> list[AccountStatus]:
    """The accounts for which a campaign's messages wait, where none of their kind may send."""
    if campaign.state != CampaignState.RUNNING or campaign.delivery != Delivery.GATEWAY:
        return []
    brand, at = read_session().get_one(Brand, campaign.brand_id), clock.now()
    waiting = select(Message.address_kind).where(
        Message.campaign_id == campaign.id, Message.state == MessageState.WAITING
    )
    found: list[AccountStatus] = []
    for kind in filter(None, read_session().scalars(waiting.distinct()).all()):
        accounts = [account_status(row, at) for row in gateways.serving(read_session(), brand, kind)]
        if all(each.row.state != GatewayState.WORKING or each.is_resting for each in accounts):
            found += accounts
    return found


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
        Need.REPLY_NUMBER: brand,
        Need.PULL: url_for("dashboard.connection"),
        **dict.fromkeys((Need.SMS, Need.EMAIL, Need.ROUTE, Need.CONFIRMATION), accounts),
    }
