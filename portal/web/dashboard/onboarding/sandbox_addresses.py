"""Addresses of one's own people, proved by a code: before admission, messages go to these only."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from flask import abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from portal.core import addresses, clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.ids import new_id
from portal.core.models import AddressProof, MessageGateway, MessageKind, Purpose
from portal.core.throttle import TooManyRequests
from portal.core.vault import CannotOpen
from portal.domain import address_proofs
from portal.domain.address_proofs import CodeResult
from portal.domain.identity.permissions import Permission
from portal.domain.notifications import gateways
from portal.services.messaging import outgoing_messages, trial_addresses
from portal.services.messaging.gateways.protocol import OutgoingMessage
from portal.web.dashboard.blueprint import blueprint
from portal.web.shared import limits
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.forms import BaseForm, CsrfForm
from portal.web.shared.gateway_account_page import account_title, account_url, own_gateway_or_404, record_gateway_audit
from portal.web.shared.gateway_trial import Trial, send_through
from portal.web.shared.gateway_words import explain_reason
from portal.web.shared.own_rows import current_provider
from portal.web.shared.redirects import commit_and_redirect, rollback_and_redirect
from portal.web.shared.validators import READABLE


class AddressForm(BaseForm):
    address = StringField(
        _l("Telefon ya da e-posta"), validators=[InputRequired(_l("Bir adres yazın.")), Length(max=300), READABLE]
    )
    gateway = SelectField(_l("Kodu kim göndersin?"), validators=[Optional()])
    trial: Trial | None = None  # What came of a code that an account was to send.

    def __init__(self, **options: Any):
        super().__init__(**options)
        own = [(str(each.id), f"{account_title(each)}, {each.header}") for each in _code_accounts()]
        self.gateway.choices = [("", _("İzinlink")), *own]


@blueprint.get("/start/addresses")
@needs(Permission.ONBOARD)
def sandbox_addresses() -> str:
    return _render_addresses(AddressForm(formdata=None, data={"gateway": request.args.get("gateway", "")}))


@blueprint.post("/start/addresses")
@limiter.limit(limits.QUESTIONS, key_func=limits.provider_key)
@needs(Permission.ONBOARD)
def add_sandbox_address() -> ResponseReturnValue:
    """Send a code to an address. One that an account of the firm's carries proves that account only: whose account it
    is reads the code, so it says nothing of who has the address."""
    form = AddressForm()
    said: dict[str, Any] = {}
    if form.validate_on_submit():
        proof = _request_code(form, said)
        if proof is not None:
            proof_id = proof.id
            db.session.commit()
            if not said or _send_code(form, proof_id, said):
                return redirect(url_for(".sandbox_address", proof_id=proof_id), 303)
    return _render_addresses(form), 422


@blueprint.route("/start/addresses/<id:proof_id>", methods=["GET", "POST"])
@needs(Permission.ONBOARD)
def sandbox_address(proof_id: int) -> ResponseReturnValue:
    """Type in the code. An attempt is committed before the answer shows its result."""
    proof, error = _own_proof_or_404(proof_id), None
    if request.method == "POST":
        if not CsrfForm().validate_on_submit():
            abort(400)
        digits = address_proofs.read_code(request.form.get("digits", ""))
        secret, at = current_app.config["SECRET_KEY"], clock.now()
        result = address_proofs.check_code(db.session, secret, proof, digits, at) if digits else CodeResult.WRONG
        if result == CodeResult.PROVED:
            if "gateway_id" in address_proofs.read_facts(vault(), proof):
                return _settle_test(proof, at)
            record_audit("sandbox.address_proved", "address_proof", proof.id)
            return commit_and_redirect(url_for(".sandbox_addresses"), _("Adres doğrulandı; deneme iletileri gider."))
        db.session.commit()
        if result == CodeResult.OVER:
            message = _("Kodun süresi doldu ya da çok kez yanlış yazıldı. Yeni bir kod isteyin.")
            return rollback_and_redirect(url_for(".sandbox_addresses"), message)
        error = _("Kod yanlış. İletideki kodu olduğu gibi yazın.")
    address = addresses.mask(address_proofs.read_address(vault(), proof).text)
    page = render_template(
        "dashboard/onboarding/sandbox_address_code.html", proof_id=proof_id, address=address, error=error
    )
    return page, 422 if error else 200


@blueprint.post("/start/addresses/<id:proof_id>/remove")
@needs(Permission.ONBOARD)
def remove_sandbox_address(proof_id: int) -> ResponseReturnValue:
    if not CsrfForm().validate_on_submit():
        abort(400)
    proof = _own_proof_or_404(proof_id)
    proof.ended_at = proof.ended_at or clock.now()
    record_audit("sandbox.address_removed", "address_proof", proof.id)
    return commit_and_redirect(url_for(".sandbox_addresses"), _("Adres kaldırıldı."))


def _code_accounts() -> Sequence[MessageGateway]:
    """The firm's accounts that may send a code: what nobody but its team reads proves nothing in sandbox mode."""
    if current_user.provider.in_sandbox_mode or not current_user.may_at_provider(Permission.CONNECT):
        return []
    own = gateways.own_gateways(read_session(), current_user.provider_id)
    return [each for each in own if each.carries == addresses.AddressKind.PHONE]


def _settle_test(proof: AddressProof, at: datetime) -> ResponseReturnValue:
    proof.ended_at, gateway = at, _tested_account(proof)
    if gateway is None:
        message = _("Hesap bu arada değişmiş ya da kaldırılmış; yeniden deneyin.")
        return commit_and_redirect(url_for(".sandbox_addresses"), message)
    gateways.mark_tested(gateway, at)
    record_gateway_audit("gateway.tested", gateway, clear=True)
    return commit_and_redirect(account_url(gateway.id), _("Kod ulaştı; bu hesap artık gönderebilir."))


def _tested_account(proof: AddressProof) -> MessageGateway | None:
    """The account that sent the code, unless it is gone or changed since."""
    facts = address_proofs.read_facts(vault(), proof)
    with suppress(gateways.NotOurs, KeyError):
        gateway = gateways.own_gateway(db.session, current_user.provider_id, facts["gateway_id"])
        return gateway if gateways.fingerprint(gateway) == facts["fingerprint"] else None
    return None


def _send_code(form: AddressForm, proof_id: int, said: Mapping[str, Any]) -> bool:
    """Send a code through the chosen account; False and an error on the form where it was not taken. No transaction is
    open meanwhile."""
    gateway, language = own_gateway_or_404(int(form.gateway.data)), get_locale().language
    text = outgoing_messages.render_message(MessageKind.CODE, language, said, is_mail=False).text
    message = OutgoingMessage(new_id(), addresses.parse(form.address.data).text, text, language=language)
    try:
        form.trial = send_through(gateway, message, hides=said["code"])
        error = form.trial.explanation
    except CannotOpen:
        error = explain_reason(None, "unreadable")
    if error:
        db.session.get_one(AddressProof, proof_id).ended_at = clock.now()
        db.session.commit()
        form.address.errors = [error]
    return not error


def _request_code(form: AddressForm, said: dict[str, Any]) -> AddressProof | None:
    """The proof whose code was requested, or None and an error on the form. Where an account is to send it, `said` is
    what its message says."""
    form.address.errors = []
    try:
        address = addresses.parse(form.address.data)
    except addresses.BadAddress as bad:
        form.address.errors = [f"{_(bad.problem.sentence)} {_(bad.problem.cure)}"]
        return None
    if not address.takes_codes:
        form.address.errors = [_("Kod yalnız Türkiye'deki cep telefonlarına ve e-posta adreslerine gidebiliyor.")]
        return None
    if form.gateway.data and address.kind != addresses.AddressKind.PHONE:
        form.address.errors = [_("Bu hesap yalnız SMS gönderir; bir cep telefonu yazın.")]
        return None
    provider_id, by_account = current_provider().id, bool(form.gateway.data)
    if len(address_proofs.list_proved(db.session, provider_id)) >= address_proofs.MOST_ADDRESSES:
        most = address_proofs.MOST_ADDRESSES
        form.address.errors = [_("En çok %(most)s adres doğrulanabilir; önce birini kaldırın.", most=most)]
        return None
    try:
        return address_proofs.request_code(
            db.session, vault(), current_app.config["SECRET_KEY"], address, Purpose.SANDBOX, sends=True,
            language=get_locale().language, network=request.remote_addr or "", at=clock.now(),
            sandbox_provider_id=provider_id, notice=absolute_url("verification.privacy"),
            facts=_facts(int(form.gateway.data)) if by_account else None,
            deliver=said.update if by_account else None,
        )  # fmt: skip
    except TooManyRequests:
        db.session.rollback()
        form.address.errors = [
            _("Bu adrese ya da ağınızdan kısa sürede çok kod istendi. Bir saat sonra yeniden deneyin.")
        ]
        return None


def _facts(gateway_id: int) -> dict[str, Any]:
    """What the code tests."""
    return {"gateway_id": gateway_id, "fingerprint": gateways.fingerprint(own_gateway_or_404(gateway_id))}


def _own_proof_or_404(proof_id: int) -> AddressProof:
    proof = db.session.get(AddressProof, proof_id)
    if proof is None or proof.sandbox_provider_id != current_user.provider_id:
        abort(404)
    return proof


def _render_addresses(form: AddressForm) -> str:
    usable = trial_addresses.find_usable(read_session(), vault(), current_user.provider_id)
    proved = [
        (proof, addresses.mask(address_proofs.read_address(vault(), proof).text), proof in usable)
        for proof in address_proofs.list_proved(read_session(), current_user.provider_id)
    ]
    return render_template(
        "dashboard/onboarding/sandbox_addresses.html", form=form, proved=proved, trial=form.trial,
        in_sandbox_mode=current_user.provider.in_sandbox_mode,
    )  # fmt: skip
