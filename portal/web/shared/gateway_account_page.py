"""The page of one account at a vendor, and what other pages say of accounts: at the provider and at the operator."""

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import abort, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import ColumnElement, func, select

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.models import EventOutcome, GatewayState, Message, MessageGateway
from portal.core.vault import CannotOpen
from portal.domain.notifications import gateways, reply_numbers
from portal.services.messaging import gateway_accounts, message_outcomes, routing, sender_names, sweep_rows
from portal.services.messaging.gateways import description_checks, offered_vendors
from portal.services.messaging.gateways.offered_vendors import OFFERED
from portal.services.messaging.gateways.protocol import ReportState
from portal.services.messaging.gateways.vendors import Vendor
from portal.web.shared.audit_entries import record_operator_audit
from portal.web.shared.described_preview import Gap, list_gaps
from portal.web.shared.gateway_test import build_test_form
from portal.web.shared.gateway_words import STATES, explain_reason


@dataclass(frozen=True)
class AccountStatus:
    """A gateway with what its page says of it."""

    row: MessageGateway
    vendor: Vendor
    title: str  # As its owner calls it.
    is_resting: bool
    explanation: str  # Why it stopped, and what to do.


def account_status(row: MessageGateway, at: datetime) -> AccountStatus:
    is_stopped = row.state == GatewayState.STOPPED
    explanation = explain_reason(row.stopped_reason, row.stopped_code) if is_stopped else ""
    is_resting = row.state == GatewayState.WORKING and routing.is_resting(row, at)
    return AccountStatus(row, OFFERED[row.vendor], account_title(row), is_resting, explanation)


def account_title(row: MessageGateway) -> str:
    return gateway_accounts.own_name(row) or _(OFFERED[row.vendor].title)


def own_accounts() -> list[AccountStatus]:
    at = clock.now()
    return [account_status(row, at) for row in gateways.own_gateways(read_session(), owner_id())]


def owner_id() -> int | None:
    """The provider whose accounts these are; None for the operator's."""
    return current_user.provider_id if request.blueprint == "dashboard" else None


def owner_key() -> str:
    """Rate-limit key: the provider, or the person of the operator's."""
    user = current_user
    return str(getattr(user, "provider_id" if request.blueprint == "dashboard" else "id", "nobody"))


def own_gateway_or_404(gateway_id: int) -> MessageGateway:
    gateway = read_session().get(MessageGateway, gateway_id)
    if gateway is None or gateway.provider_id != owner_id() or gateway.state == GatewayState.REMOVED:
        abort(404)
    return gateway


def lock_or_404(gateway_id: int) -> MessageGateway:
    try:
        return gateways.own_gateway(db.session, owner_id(), gateway_id)
    except gateways.NotOurs:
        abort(404)


def stored_credentials(gateway: MessageGateway) -> dict[str, str]:
    """Nothing where they cannot be opened: they are then asked for again."""
    try:
        return gateways.read_credentials(vault(), gateway)
    except CannotOpen:
        return {}


def record_gateway_audit(act: str, gateway: MessageGateway, **facts: object) -> None:
    record_operator_audit(
        act, "gateway", gateway.id, provider_id=owner_id(), name=OFFERED[gateway.vendor].title, **facts
    )


def account_url(gateway_id: int) -> str:
    return url_for(".show_gateway", gateway_id=gateway_id)


def render_account(gateway: MessageGateway, **shown: Any) -> str:
    """The account's page with `form` of a test, its `trial` and `problem`, or `findings` about a domain."""
    values = stored_credentials(gateway)
    shown = {
        "findings": None,
        "trial": None,
        "problem": "",
        "form": build_test_form(gateway.carries, owner_id()),
    } | shown
    return render(
        "gateways/account.html", status=account_status(gateway, clock.now()), callback_url=_callback_url(gateway),
        dkim_keys=offered_vendors.dkim_keys(values, gateway.header), undecided=_count_undecided(gateway.id),
        is_sandbox=gateway_accounts.in_sandbox_mode(owner_id()), gaps=_gaps(gateway, values),
        bounce_problem=_bounce_problem(values),
        once=secrets.token_urlsafe(8), is_inbox_unread=_meets(gateway, gateways.is_inbox_unread(clock.now())),
        has_unread_reports=_meets(gateway, gateways.has_unread_reports(clock.now())),
        losing=reply_numbers.find_losing(read_session(), vault(), gateway, clock.now()),
        **_last_reports(gateway), **shown,
    )  # fmt: skip


def _last_reports(gateway: MessageGateway) -> dict[str, Any]:
    """The last delivery report of a vendor of SMS and the last one that could not be read, each with its time."""
    with suppress(CannotOpen):
        noted = sweep_rows.find_last_reports(gateway.id)
        at, state = noted.get(EventOutcome.READ, (None, ""))
        report = {"at": at, "state": _(STATES[ReportState(state)])} if state else None
        return {"report": report, "unreadable": noted.get(EventOutcome.UNREADABLE)}
    return {}


def _meets(gateway: MessageGateway, condition: ColumnElement[bool]) -> bool:
    found = select(MessageGateway.id).where(MessageGateway.id == gateway.id, condition)
    return read_session().scalar(found) is not None


def _bounce_problem(values: Mapping[str, str]) -> str:
    """What to do where an account's domain for what comes back is not proved, as accounts of before have it."""
    domain = values.get("bounce_domain", "")
    is_shown = not domain or sender_names.is_proved_domain(read_session(), owner_id(), domain)
    return "" if is_shown else explain_reason(None, "unproved_bounce_domain")


def _gaps(gateway: MessageGateway, values: Mapping[str, str]) -> list[Gap]:
    with suppress(description_checks.BadDescription):
        return list_gaps(description_checks.parse_description(values.get("description", "")), gateway.header)
    return []


def render(page: str, **facts: object) -> str:
    return render_template(page, layout=f"layouts/{request.blueprint}.html", **facts)


def _count_undecided(gateway_id: int) -> int:
    undecided = (
        select(func.count())
        .select_from(Message)
        .where(Message.gateway_id == gateway_id, message_outcomes.is_undecided())
    )
    return read_session().scalars(undecided).one()


def _callback_url(gateway: MessageGateway) -> str:
    """For the vendor's panel; empty where its secret cannot be opened."""
    try:
        return gateway_accounts.callback_url(gateway)
    except CannotOpen:
        return ""
