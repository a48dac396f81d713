"""Pages about accounts at vendors of messages, which the dashboard and the operator's console have alike: a provider's
people see their provider's accounts, and the operator's people those of the operator."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, abort, current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock, dns_records
from portal.core.addresses import AddressKind
from portal.core.extensions import db, limiter, vault
from portal.core.models import Message, MessageGateway
from portal.domain.identity.permissions import Permission
from portal.domain.notifications import gateways
from portal.services.messaging import gateway_accounts, gateway_sweeps, message_outcomes
from portal.services.messaging.gateways import description_checks, description_fields, offered_vendors, sender_domain
from portal.services.messaging.gateways.offered_vendors import DESCRIBED, OFFERED
from portal.services.messaging.gateways.vendors import Vendor
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.described_form import DescribedForm, build_described_form
from portal.web.shared.gateway_account_page import (
    account_url,
    lock_or_404,
    own_gateway_or_404,
    owner_id,
    owner_key,
    record_gateway_audit,
    render,
    render_account,
    stored_credentials,
)
from portal.web.shared.gateway_form import GatewayForm, build_form
from portal.web.shared.gateway_trial import test_gateway
from portal.web.shared.gateway_words import explain_error, too_many
from portal.web.shared.redirects import commit_and_redirect
from portal.web.shared.samples_form import SamplesForm

View = Callable[..., ResponseReturnValue]


def add_views(blueprint: Blueprint, *, looks: Permission, settles: Permission) -> None:
    """Give a blueprint these pages, with the permissions to look at accounts and to decide about lost messages."""
    one = "/gateways/<id:gateway_id>"
    for path, methods, view, permission, fresh in (
        ("/gateways/new", ["GET", "POST"], new_gateway, Permission.CONNECT, True),
        (one, ["GET"], show_gateway, looks, False),
        (f"{one}/change", ["GET", "POST"], change_gateway, Permission.CONNECT, True),
        (f"{one}/test", ["POST"], test_gateway, Permission.CONNECT, False),
        (f"{one}/domain", ["POST"], check_gateway_domain, Permission.CONNECT, False),
        (f"{one}/undecided", ["POST"], settle_undecided_messages, settles, False),
        (f"{one}/removal", ["POST"], remove_gateway, Permission.CONNECT, True),
    ):
        blueprint.route(path, methods=methods)(needs(permission, fresh=fresh)(_own_copy(view)))


def _own_copy(view: View) -> View:
    """Each blueprint's permissions stand at a function of its own."""

    @wraps(view)
    def copy(**gaps: Any) -> ResponseReturnValue:
        return view(**gaps)

    return copy


def new_gateway() -> ResponseReturnValue:
    """Choose a vendor, and store an account there."""
    vendor = OFFERED.get(request.args.get("vendor", ""))
    if vendor is None:
        return render("gateways/vendors.html", vendors=OFFERED.values())
    return _edit(vendor, None)


def show_gateway(gateway_id: int) -> ResponseReturnValue:
    return render_account(own_gateway_or_404(gateway_id))


def change_gateway(gateway_id: int) -> ResponseReturnValue:
    gateway = own_gateway_or_404(gateway_id)
    return _edit(OFFERED[gateway.vendor], gateway)


def _edit(vendor: Vendor, gateway: MessageGateway | None) -> ResponseReturnValue:
    """Store an account, or its new credentials, header and pace, after the vendor said that they are good."""
    stored = stored_credentials(gateway) if gateway else {}
    known = {"header": gateway.header, "per_second": gateway.per_second} if gateway else {}
    if vendor is DESCRIBED and request.args.get("way") != "json":
        form, page = _described_form(stored, known), "gateways/described.html"
        if isinstance(form, SamplesForm):
            page = render("gateways/samples.html", form=form, gateway=gateway)
            return page, 422 if form.errors else 200
    else:
        form, page = build_form(vendor, stored=stored, **known), "gateways/form.html"
    status, is_sandbox, again_at = 200, gateway_accounts.in_sandbox_mode(owner_id()), None
    is_preview = isinstance(form, DescribedForm) and request.args.get("way") in ("preview", "samples")
    if is_preview and "read" not in request.form:
        form.fill()
    elif not is_preview and "read" not in request.form and form.validate_on_submit():
        again_at, status = limits.wait_for(limits.GATEWAYS, "gateway-check", owner_key()), 429
        if again_at is None and _is_known(vendor, form):
            return _store(vendor, form, gateway)
    return render(
        page, form=form, vendor=vendor, gateway=gateway, is_sandbox=is_sandbox, is_preview=is_preview,
        problem=too_many(again_at) if again_at else "",
    ), 422 if form.errors and not is_preview else status  # fmt: skip


def _described_form(stored: dict[str, str], known: dict[str, Any]) -> GatewayForm | SamplesForm:
    """The samples where there is no description yet, or another one is wished; else what each part of them means."""
    before = _description(stored.get("description", ""))
    if "read" in request.form:
        samples = SamplesForm()
        draft = samples.draft() if samples.validate_on_submit() else None
        return build_described_form(draft, stored, reads=False, **known) if draft else samples
    base = _description(request.form.get("description", "")) or before
    is_asked = request.args.get("way") == "samples"
    if base and is_asked and request.method == "POST":
        corrected = build_described_form(base, stored, reads=True, **known)
        corrected.fill()
        if not corrected.filled:
            return corrected
        base = dict(corrected.filled)
    if base is None or is_asked:
        shown = {"url": description_fields.whole_url(base), **base.get("samples", {})} if base else {}
        shown["description"] = json.dumps(base, ensure_ascii=False) if base else ""
        return SamplesForm(data=shown, formdata=None)
    return build_described_form(base, stored, reads=request.method == "POST", **known)


def _description(text: str) -> dict[str, Any] | None:
    try:
        return description_checks.parse_description(text)
    except description_checks.BadDescription:
        return None


def _store(vendor: Vendor, form: GatewayForm, gateway: MessageGateway | None) -> ResponseReturnValue:
    values, pace = vendor.completed(form.credentials()), form.per_second.data
    header = form.header.data.strip()
    if gateway:
        row = lock_or_404(gateway.id)
        stored = stored_credentials(row)
        needs_test = vendor.needs_test(stored, values)
        has_other_inbox = vendor.inbox_identity(stored) not in ("", vendor.inbox_identity(values))
        if has_other_inbox:
            gateways.keep_former_inbox(db.session, vault(), row, clock.now())
        values = vendor.with_former(stored, values)
        gateways.replace_credentials(vault(), row, values, header=header, per_second=pace, needs_test=needs_test)
        if has_other_inbox and (read_before := gateway_sweeps.read_before(row, clock.now())):
            row.swept_at = min(read_before, row.swept_at or read_before)  # A login that was dead was not read.
        record_gateway_audit("gateway.changed", row)
        if needs_test:
            return commit_and_redirect(
                account_url(row.id), _("Kaydedildi. Deneme iletisi kabul edilene kadar bu hesapla hiçbir şey gitmez.")
            )
        return commit_and_redirect(account_url(row.id), _("Kaydedildi. Bekleyen iletiler yeni bilgilerle gider."))
    row = gateways.add_gateway(
        db.session, vault(), provider_id=owner_id(), carries=vendor.carries, vendor=vendor.name, header=header,
        credentials=values, per_second=pace, at=clock.now(),
    )  # fmt: skip
    record_gateway_audit("gateway.added", row)
    return commit_and_redirect(account_url(row.id), _("Hesap kaydedildi. Şimdi bir deneme iletisi gönderin."))


def _is_known(vendor: Vendor, form: GatewayForm) -> bool:
    """Ask the vendor about an account before it is stored; its refusal becomes an error of the form."""
    db.session.rollback()
    adapter = gateway_accounts.open_adapter(
        vendor.name, form.credentials(), form.header.data.strip(), provider_id=owner_id()
    )
    error = adapter.check()
    if error is not None:
        form.field_of(error).errors = [explain_error(error)]
    return error is None


def remove_gateway(gateway_id: int) -> ResponseReturnValue:
    row = lock_or_404(gateway_id)
    gateways.remove(db.session, row, clock.now())
    record_gateway_audit("gateway.removed", row)
    said = _(
        "Hesap kaldırıldı. Gönderdiklerinin raporları gelmeyi sürdürür; yanıtlar ve ret listesi de, giriş bilgileri "
        "geçerli kaldıkça, %(days)s gün daha okunur.", days=gateways.ANSWERED_FOR.days,
    )  # fmt: skip
    return commit_and_redirect(url_for(".gateways"), said)


def settle_undecided_messages(gateway_id: int) -> ResponseReturnValue:
    """Decide about messages of which nobody can tell whether they went."""
    row, act = lock_or_404(gateway_id), request.form.get("act")
    if act not in ("sent", "again"):
        abort(400)
    of_account = Message.gateway_id == row.id
    count = message_outcomes.settle_undecided(of_account, at=clock.now(), sends_again=act == "again")
    record_gateway_audit("gateway.settled", row, count=count, again=act == "again")
    return commit_and_redirect(account_url(gateway_id), _("Kaydedildi."))


@limiter.limit(limits.DOMAINS, key_func=owner_key)
def check_gateway_domain(gateway_id: int) -> ResponseReturnValue:
    """Ask DNS what the sender's domain publishes."""
    gateway = own_gateway_or_404(gateway_id)
    values = stored_credentials(gateway)
    if gateway.carries != AddressKind.EMAIL:
        abort(404)
    server = current_app.config["DNS_SERVER"]
    findings = sender_domain.check_domain(
        offered_vendors.mailbox_domain(gateway.header),
        {key.record_name: key.record for key in offered_vendors.dkim_keys(values, gateway.header)},
        lambda name, kind: dns_records.look_up(name, kind, server),
        bounce_domain=values.get("bounce_domain", ""),
    )
    return render_account(gateway, findings=findings)
