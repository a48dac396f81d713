"""Pages about accounts at vendors of messages, for the dashboard and for the operator's console.

Each view belongs to the blueprint that calls it: a provider's people see their provider's accounts, and the operator's
people those of the operator.
"""

from dataclasses import dataclass
from datetime import datetime

from flask import abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import func, select

from portal.core import clock, dns_records
from portal.core.addresses import AddressKind
from portal.core.extensions import db, read_session, vault
from portal.core.models import GatewayState, Message, MessageGateway
from portal.core.models.ids import new_id
from portal.core.transliteration import ascii_only
from portal.core.vault import CannotOpen
from portal.domain.notifications import gateways
from portal.services.messaging import gateway_accounts, message_outcomes, routing, trial_messages
from portal.services.messaging.gateways import dkim, offered_vendors, sender_domain
from portal.services.messaging.gateways.offered_vendors import DKIM_KEY, OFFERED
from portal.services.messaging.gateways.protocol import OutgoingMessage
from portal.services.messaging.gateways.sender_domain import Finding
from portal.services.messaging.gateways.vendors import Vendor
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.gateway_form import GatewayForm, build_form
from portal.web.shared.gateway_test import GatewayTestForm, build_test_form
from portal.web.shared.gateway_words import explain_error, explain_reason
from portal.web.shared.redirects import commit_and_redirect
from portal.web.shared.signed_in_person import record_operator_audit

EXAMPLES = ("json", "form", "query")


@dataclass(frozen=True)
class AccountStatus:
    """A gateway with what its page says of it."""

    row: MessageGateway
    vendor: Vendor
    is_resting: bool
    explanation: str  # Why it stopped, and what to do.


def account_status(row: MessageGateway, at: datetime) -> AccountStatus:
    is_stopped = row.state == GatewayState.STOPPED
    explanation = explain_reason(row.stopped_reason, row.stopped_code) if is_stopped else ""
    is_resting = row.state == GatewayState.WORKING and routing.is_resting(row, at)
    return AccountStatus(row, OFFERED[row.vendor], is_resting, explanation)


def own_accounts() -> list[AccountStatus]:
    at = clock.now()
    return [account_status(row, at) for row in gateways.own_gateways(read_session(), owner_id())]


def owner_id() -> int | None:
    """The provider whose accounts these are; None for the operator's."""
    return current_user.provider_id if request.blueprint == "dashboard" else None


def add() -> ResponseReturnValue:
    """Choose a vendor, and store an account there that its vendor knows."""
    vendor = OFFERED.get(request.args.get("vendor", ""))
    if vendor is None:
        return _render("gateways/vendors.html", vendors=OFFERED.values())
    example = request.args.get("example")
    if example not in (None, *EXAMPLES):
        abort(404)
    form = (
        build_form(vendor, description=offered_vendors.example_description(example)) if example else build_form(vendor)
    )
    if not form.validate_on_submit() or not _is_known(vendor, form):
        return _render(
            "gateways/form.html", form=form, vendor=vendor, examples=EXAMPLES
        ), 422 if form.is_submitted() else 200
    values = form.credentials()
    if values.get("signs") == "portal":
        values[DKIM_KEY] = dkim.generate_rsa_key().decode()
    gateway = gateways.add_gateway(
        db.session, vault(), provider_id=owner_id(), carries=vendor.carries, vendor=vendor.name,
        header=form.header.data.strip(), credentials=values, per_second=form.per_second.data, at=clock.now(),
    )  # fmt: skip
    _record("gateway.added", gateway)
    return commit_and_redirect(_url(gateway.id), _("Hesap kaydedildi. Şimdi bir deneme iletisi gönderin."))


def show(gateway_id: int) -> ResponseReturnValue:
    return _render_account(_own_gateway(gateway_id))


def change(gateway_id: int) -> ResponseReturnValue:
    """Replace the credentials, header or pace, after the vendor said that they are good."""
    gateway = _own_gateway(gateway_id)
    vendor, stored = OFFERED[gateway.vendor], _stored_credentials(gateway)
    form = build_form(vendor, stored=stored, header=gateway.header, per_second=gateway.per_second)
    if not form.validate_on_submit() or not _is_known(vendor, form):
        page = _render("gateways/form.html", form=form, vendor=vendor, gateway=gateway, examples=())
        return page, 422 if form.is_submitted() else 200
    values = form.credentials()
    if values.get("signs") == "portal" and DKIM_KEY not in values:
        values[DKIM_KEY] = dkim.generate_rsa_key().decode()
    row = _lock_or_404(gateway_id)
    gateways.replace_credentials(
        vault(), row, values, header=form.header.data.strip(), per_second=form.per_second.data
    )  # fmt: skip
    _record("gateway.changed", row)
    return commit_and_redirect(_url(gateway_id), _("Kaydedildi. Bekleyen iletiler yeni bilgilerle gider."))


def send_test(gateway_id: int) -> ResponseReturnValue:
    """Send a message to an address of the team's own. No transaction is open meanwhile."""
    gateway = _own_gateway(gateway_id)
    form = build_test_form(gateway.carries, owner_id())
    if not form.validate_on_submit():
        return _render_account(gateway, form), 422
    try:
        adapter = gateway_accounts.adapter_of(gateway)
    except CannotOpen:
        form.address.errors = [explain_reason(None, "unreadable")]
        return _render_account(gateway, form), 422
    error = trial_messages.send_at_once(adapter, gateway.header, _test_message(gateway, form.destination()))
    row = _lock_or_404(gateway_id)
    _record("gateway.tested", row, clear=error is None)
    if error is None:
        gateways.mark_tested(row, clock.now())
        return commit_and_redirect(_url(gateway_id), _("Firma deneme iletisini aldı. Bu hesap artık gönderebilir."))
    db.session.commit()
    form.address.errors = [explain_error(error)]
    return _render_account(gateway, form), 422


def remove(gateway_id: int) -> ResponseReturnValue:
    row = _lock_or_404(gateway_id)
    gateways.remove(db.session, row, clock.now())
    _record("gateway.removed", row)
    return commit_and_redirect(
        url_for(".gateways"), _("Hesap kaldırıldı; gönderdiklerinin raporları gelmeyi sürdürür.")
    )


def settle(gateway_id: int) -> ResponseReturnValue:
    """Decide about messages of which nobody can tell whether they went."""
    row, act = _lock_or_404(gateway_id), request.form.get("act")
    if act not in ("sent", "again"):
        abort(400)
    count = message_outcomes.settle_undecided(row.id, clock.now(), sends_again=act == "again")
    _record("gateway.settled", row, count=count, again=act == "again")
    return commit_and_redirect(_url(gateway_id), _("Kaydedildi."))


def check_domain(gateway_id: int) -> ResponseReturnValue:
    """Ask DNS what the sender's domain publishes."""
    gateway = _own_gateway(gateway_id)
    values = _stored_credentials(gateway)
    if gateway.carries != AddressKind.EMAIL:
        abort(404)
    server = current_app.config["DNS_SERVER"]
    findings = sender_domain.check_domain(
        offered_vendors.mailbox_domain(gateway.header),
        {key.record_name: key.record for key in offered_vendors.dkim_keys(values, gateway.header)},
        lambda name, kind: dns_records.look_up(name, kind, server),
        bounce_domain=values.get("bounce_domain", ""),
    )
    return _render_account(gateway, findings=findings)


def _own_gateway(gateway_id: int) -> MessageGateway:
    gateway = read_session().get(MessageGateway, gateway_id)
    if gateway is None or gateway.provider_id != owner_id() or gateway.state == GatewayState.REMOVED:
        abort(404)
    return gateway


def _lock_or_404(gateway_id: int) -> MessageGateway:
    try:
        return gateways.own_gateway(db.session, owner_id(), gateway_id)
    except gateways.NotOurs:
        abort(404)


def _stored_credentials(gateway: MessageGateway) -> dict[str, str]:
    """Nothing where they cannot be opened: they are then asked for again."""
    try:
        return gateways.read_credentials(vault(), gateway)
    except CannotOpen:
        return {}


def _is_known(vendor: Vendor, form: GatewayForm) -> bool:
    """Ask the vendor about an account before it is stored; its refusal becomes an error of the form."""
    db.session.rollback()
    adapter = gateway_accounts.open_adapter(
        vendor.name, form.credentials(), form.header.data.strip(), provider_id=owner_id()
    )
    error = adapter.check()
    if error is not None:
        form.field_of(error.reason).errors = [explain_error(error)]
    return error is None


def _test_message(gateway: MessageGateway, to: str) -> OutgoingMessage:
    at = format_datetime(clock.now(), "HH:mm:ss")  # Vendors refuse a text that repeats.
    text = _("İzinlink gönderim denemesi (%(at)s). Yanıt gerekmez.", at=at)
    if gateway.carries == AddressKind.PHONE:
        text = ascii_only(text)
    return OutgoingMessage(new_id(), to, text, _("İzinlink gönderim denemesi"))


def _record(act: str, gateway: MessageGateway, **facts: object) -> None:
    record_operator_audit(
        act, "gateway", gateway.id, provider_id=owner_id(), name=OFFERED[gateway.vendor].title, **facts
    )


def _url(gateway_id: int) -> str:
    return url_for(".show_gateway", gateway_id=gateway_id)


def _render_account(
    gateway: MessageGateway, form: GatewayTestForm | None = None, findings: list[Finding] | None = None
) -> str:
    values = _stored_credentials(gateway)
    return _render(
        "gateways/account.html", status=account_status(gateway, clock.now()), findings=findings,
        form=form or build_test_form(gateway.carries, owner_id()),
        dkim_keys=offered_vendors.dkim_keys(values, gateway.header),
        callback_url=_callback_url(gateway), undecided=_count_undecided(gateway.id),
    )  # fmt: skip


def _count_undecided(gateway_id: int) -> int:
    undecided = select(func.count()).select_from(Message).where(message_outcomes.is_undecided(gateway_id))
    return read_session().scalars(undecided).one()


def _callback_url(gateway: MessageGateway) -> str:
    """For the vendor's panel; empty where its secret cannot be opened."""
    try:
        return absolute_url("callbacks.gateway_push", secret=gateways.read_secret(vault(), gateway))
    except CannotOpen:
        return ""


def _render(page: str, **facts: object) -> str:
    return render_template(page, layout=f"layouts/{request.blueprint}.html", **facts)
