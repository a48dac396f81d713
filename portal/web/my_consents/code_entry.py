"""The page that takes the code; the right one opens the overview, and gives its cookie."""

from flask import abort, current_app, g, redirect, render_template, request, url_for
from flask_babel import format_datetime
from flask_babel import gettext as _

from portal.core import addresses, clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import AddressProof, Purpose
from portal.domain import address_proofs
from portal.domain.address_proofs import Verdict
from portal.domain.address_proofs.code_check import MOST_TRIES, is_open
from portal.domain.throttle import TooManyRequests
from portal.web.my_consents import address_entry, form_token
from portal.web.my_consents.blueprint import entry_blueprint
from portal.web.shared import address_session, bad_code_limit, limits


@entry_blueprint.get("/izinlerim/kod/<code>")
def code(code: str):
    """Where to type the code that was sent, if it was."""
    proof = _find(code)
    return _page(code, proof) if is_open(proof, clock.now()) else _over(code, proof)


@entry_blueprint.post("/izinlerim/kod/<code>", endpoint="answer")
@limiter.limit(limits.CODES, exempt_when=lambda: "renew" not in request.form)
def answer(code: str):
    """Try what was typed, or send a new code. A try is kept before anything is told of it."""
    proof, typed = _find(code), request.form.get("digits", "")
    if not form_token.is_ours():
        return _page(code, proof, warning=_("Bu sayfa uzun süre açık kalmış. Lütfen yeniden gönderin.")), 400
    if "renew" in request.form:
        return _renewed(code, proof)
    digits = address_proofs.read_code(typed)
    if digits is None and is_open(proof, clock.now()):
        return _page(code, proof, error=_("Kod yalnız rakamlardan oluşur. İletideki kodu olduğu gibi yazın.")), 422
    at = clock.now()
    verdict = address_proofs.answer(db.session, current_app.config["SECRET_KEY"], proof, digits or "", at)
    if verdict == Verdict.PROVED:
        token = address_proofs.open_for(db.session.get_one(AddressProof, proof.id), at)
        db.session.commit()
        return address_session.set_cookie(redirect(url_for("my_consents.overview"), 303), token)
    db.session.commit()
    if verdict == Verdict.OVER:
        return _over(code, proof), 410
    left = MOST_TRIES - db.session.get_one(AddressProof, proof.id).tries
    return _page(code, proof, error=_("Kod yanlış. Kalan deneme: %(left)s.", left=left)), 422


def _renewed(code: str, proof: AddressProof):
    """A new code to the same address, for whom time ran out or no message came."""
    try:
        new = address_entry.ask_for(address_proofs.address_of(vault(), proof))
    except TooManyRequests as many:
        show = _page if is_open(proof, clock.now()) else _over
        return show(code, proof, warning=address_entry.told(many)), 429
    return redirect(url_for(".code", code=address_entry.code_of(new), yeni="1"), 303)


def _find(code: str) -> AddressProof:
    """What was asked for; unknown, damaged and guessed addresses of this page take one path to the same answer."""
    proof = address_proofs.find(read_session(), current_app.config["LINK_SALT"], code, Purpose.MINE)
    if proof is None:
        bad_code_limit.count_bad_code()
        abort(404)
    g.language = proof.language
    return proof


def _page(code: str, proof: AddressProof, **facts) -> str:
    return render_template("my_consents/code.html", **_shown(code, proof), **facts)


def _over(code: str, proof: AddressProof, **facts) -> str:
    return render_template("my_consents/code_over.html", **_shown(code, proof), **facts)


def _shown(code: str, proof: AddressProof) -> dict:
    address = addresses.mask(address_proofs.address_of(vault(), proof).text)
    until = format_datetime(proof.expires_at, "HH:mm")
    return {"code": code, "address": address, "until": until, "token": form_token.token()}
