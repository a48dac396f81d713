"""Addresses of one's own people, proved by a code: before admission, messages go to these only."""

from flask import abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from portal.core import addresses, clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import AddressProof, Purpose
from portal.core.throttle import TooManyRequests
from portal.domain import address_proofs
from portal.domain.address_proofs import CodeResult
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.blueprint import blueprint
from portal.web.shared import limits
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.access import needs
from portal.web.shared.form_parts import CsrfForm
from portal.web.shared.forms import BaseForm
from portal.web.shared.redirects import commit_and_redirect, rollback_and_redirect
from portal.web.shared.signed_in_person import current_provider, provider_key, record_audit
from portal.web.shared.validators import READABLE


class AddressForm(BaseForm):
    address = StringField(
        _l("Telefon ya da e-posta"), validators=[InputRequired(_l("Bir adres yazın.")), Length(max=300), READABLE]
    )


@blueprint.get("/start/addresses")
@needs(Permission.ONBOARD)
def sandbox_addresses() -> str:
    return _render_addresses(AddressForm(formdata=None))


@blueprint.post("/start/addresses")
@limiter.limit(limits.QUESTIONS, key_func=provider_key)
@needs(Permission.ONBOARD)
def add_sandbox_address() -> ResponseReturnValue:
    """Send a code to an address."""
    form = AddressForm()
    if form.validate_on_submit():
        proof = _request_code(form)
        if proof is not None:
            db.session.commit()
            return redirect(url_for(".sandbox_address", proof_id=proof.id), 303)
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


def _request_code(form: AddressForm) -> AddressProof | None:
    """The proof whose code was sent, or None and an error on the form."""
    form.address.errors = []
    try:
        address = addresses.parse(form.address.data)
    except addresses.BadAddress as bad:
        form.address.errors = [f"{_(bad.problem.sentence)} {_(bad.problem.cure)}"]
        return None
    is_foreign = address.kind == addresses.AddressKind.PHONE and not address.text.startswith("+90")
    if is_foreign or not address.takes_messages:
        form.address.errors = [_("Kod yalnız Türkiye'deki cep telefonlarına ve e-posta adreslerine gidebiliyor.")]
        return None
    provider_id = current_provider().id
    if len(address_proofs.list_proved(db.session, provider_id)) >= address_proofs.MOST_ADDRESSES:
        most = address_proofs.MOST_ADDRESSES
        form.address.errors = [_("En çok %(most)s adres doğrulanabilir; önce birini kaldırın.", most=most)]
        return None
    try:
        return address_proofs.request_code(
            db.session, vault(), current_app.config["SECRET_KEY"], address, Purpose.SANDBOX, sends=True,
            language=get_locale().language, network=request.remote_addr or "", at=clock.now(),
            sandbox_provider_id=provider_id, notice=absolute_url("verification.privacy"),
        )  # fmt: skip
    except TooManyRequests:
        db.session.rollback()
        form.address.errors = [
            _("Bu adrese ya da ağınızdan kısa sürede çok kod istendi. Bir saat sonra yeniden deneyin.")
        ]
        return None


def _own_proof_or_404(proof_id: int) -> AddressProof:
    proof = db.session.get(AddressProof, proof_id)
    if proof is None or proof.sandbox_provider_id != current_user.provider_id:
        abort(404)
    return proof


def _render_addresses(form: AddressForm) -> str:
    proved = [
        (proof, addresses.mask(address_proofs.read_address(vault(), proof).text))
        for proof in address_proofs.list_proved(read_session(), current_user.provider_id)
    ]
    return render_template(
        "dashboard/onboarding/sandbox_addresses.html", form=form, proved=proved,
        in_sandbox_mode=current_user.provider.in_sandbox_mode,
    )  # fmt: skip
