"""The page for the code. The right one sets the session cookie and leads to the overview."""

from flask import abort, current_app, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime
from flask_babel import gettext as _

from portal.core import addresses, clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import AddressProof, Purpose
from portal.core.throttle import TooManyRequests
from portal.domain import address_proofs
from portal.domain.address_proofs import CodeResult
from portal.domain.address_proofs.code_check import MOST_TRIES, is_open
from portal.web.my_consents import address_entry, form_token
from portal.web.my_consents.blueprint import entry_blueprint
from portal.web.shared import address_session, bad_code_limit, limits


@entry_blueprint.get("/izinlerim/kod/<code>")
def code(code: str) -> str:
    """Show the form for the code; the same whether one was sent."""
    proof = _find_proof(code)
    return _render_form(code, proof) if is_open(proof, clock.now()) else _render_expired(code, proof)


@entry_blueprint.post("/izinlerim/kod/<code>", endpoint="answer")
@limiter.limit(limits.CODES, exempt_when=lambda: "renew" not in request.form)
def answer(code: str) -> ResponseReturnValue:
    """Check the code, or send a new one. An attempt is committed before the answer shows its result."""
    proof, typed = _find_proof(code), request.form.get("digits", "")
    if not form_token.is_valid():
        return _render_form(code, proof, warning=_("Bu sayfa uzun süre açık kalmış. Lütfen yeniden gönderin.")), 400
    if "renew" in request.form:
        return _send_new_code(code, proof)
    digits = address_proofs.read_code(typed)
    if digits is None and is_open(proof, clock.now()):
        return _render_form(
            code, proof, error=_("Kod yalnız rakamlardan oluşur. İletideki kodu olduğu gibi yazın.")
        ), 422
    at = clock.now()
    verdict = address_proofs.check_code(db.session, current_app.config["SECRET_KEY"], proof, digits or "", at)
    if verdict == CodeResult.PROVED:
        token = address_proofs.open_session(db.session.get_one(AddressProof, proof.id), at)
        db.session.commit()
        return address_session.set_cookie(make_response(redirect(url_for("my_consents.overview"), 303)), token)
    db.session.commit()
    if verdict == CodeResult.OVER:
        return _render_expired(code, proof), 410
    left = MOST_TRIES - db.session.get_one(AddressProof, proof.id).tries
    return _render_form(code, proof, error=_("Kod yanlış. Kalan deneme: %(left)s.", left=left)), 422


def _send_new_code(code: str, proof: AddressProof) -> ResponseReturnValue:
    """Send a new code to the same address."""
    try:
        new = address_entry.request_code(address_proofs.read_address(vault(), proof))
    except TooManyRequests as many:
        show = _render_form if is_open(proof, clock.now()) else _render_expired
        return show(code, proof, warning=address_entry.too_many_text(many)), 429
    return redirect(url_for(".code", code=address_entry.code_of(new), yeni="1"), 303)


def _find_proof(code: str) -> AddressProof:
    """The proof of this page. Unknown, damaged and guessed codes take one path to the same 404."""
    proof = address_proofs.find_proof(read_session(), current_app.config["LINK_SALT"], code, Purpose.MINE)
    if proof is None:
        bad_code_limit.count_bad_code()
        abort(404)
    g.language = proof.language
    return proof


def _render_form(code: str, proof: AddressProof, **facts: str) -> str:
    return render_template("my_consents/code.html", **_shared_context(code, proof), **facts)


def _render_expired(code: str, proof: AddressProof, **facts: str) -> str:
    return render_template("my_consents/code_over.html", **_shared_context(code, proof), **facts)


def _shared_context(code: str, proof: AddressProof) -> dict[str, str]:
    address = addresses.mask(address_proofs.read_address(vault(), proof).text)
    until = format_datetime(proof.expires_at, "HH:mm")
    return {"code": code, "address": address, "until": until, "token": form_token.token()}
