"""Before the session: ask for an address, send it a code, check the code. Unknown addresses get the same answers.

A case's page asks for a code for its own address, and is where the code leads back to.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from flask import abort, current_app, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime, get_locale
from flask_babel import gettext as _
from itsdangerous import BadSignature

from portal.core import addresses, clock
from portal.core.addresses import Address
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import AddressProof, Complaint, Purpose, Recipient
from portal.core.throttle import Limit, TooManyRequests
from portal.domain import address_proofs, complaints
from portal.domain.address_proofs import CodeResult
from portal.domain.address_proofs.codes import MOST_TRIES, is_open
from portal.domain.consents import recipients
from portal.web.my_consents.blueprint import entry_blueprint
from portal.web.shared import address_session, form_tokens, limits
from portal.web.shared.absolute_urls import absolute_url

FORM_LIFE = timedelta(hours=24)  # A page left open overnight still works.


@entry_blueprint.get("/izinlerim")
def ask() -> str:
    return _render_ask()


@entry_blueprint.post("/izinlerim", endpoint="send")
@limiter.limit(limits.CODES)
def send() -> ResponseReturnValue:
    """Send a code if any provider knows the address; redirect to the code's page in any case."""
    typed = "" if form_tokens.is_cross_site_post() else request.form.get("address", "")
    if not _is_own_form():
        return _render_ask(typed, warning=_("Bu sayfa uzun süre açık kalmış. Lütfen yeniden gönderin.")), 400
    try:
        address = addresses.parse_possible(typed)
    except addresses.BadAddress as bad:
        return _render_ask(typed, error=f"{_(bad.problem.sentence)} {_(bad.problem.cure)}"), 422
    if not address.takes_codes:
        why = (
            _("Yurt dışındaki numaralara kod gönderemiyoruz.")
            if address.is_abroad
            else _("Sabit telefona SMS gitmediği için kod gönderemiyoruz.")
        )
        instead = _("Reddetmek için size gelen iletideki bağlantıyı açın ya da İYS'yi veya e-Devlet'i kullanın.")
        return _render_ask(typed, error=f"{why} {instead}"), 422
    try:
        code = _request_code(address)
    except TooManyRequests as many:
        return _render_ask(typed, warning=_too_many_text(many)), 429
    return redirect(url_for(".code", code=code), 303)


@entry_blueprint.post("/izinlerim/basvuru/<code>", endpoint="send_for_case")
@limiter.limit(limits.CODES)
def send_for_case(code: str) -> ResponseReturnValue:
    """Send a code to the address of a case as to one that is typed, where its page says that one is sent."""
    case = _find_case(code)
    if case is None:
        limits.count_bad_code()
        abort(404)
    g.language = case.language
    recipient = read_session().get_one(Recipient, case.recipient_id)
    address = recipients.read_address(vault(), recipient)
    may_send = address.takes_codes and not complaints.case_may_be_anothers(read_session(), case)
    if not may_send or not _is_own_form():  # The page has a newer form.
        return redirect(url_for("recipient.complaint", code=code), 303)
    try:
        proof_code = _request_code(address, {"case": code})
    except TooManyRequests as many:
        return _render_ask(warning=_too_many_text(many)), 429
    return redirect(url_for(".code", code=proof_code), 303)


def _render_ask(typed: str = "", *, error: str | None = None, warning: str | None = None) -> str:
    return render_template(
        "my_consents/ask.html",
        typed=typed[: addresses.MAX_INPUT_LENGTH],
        error=error,
        warning=warning,
        token=form_tokens.asking_token(),
        notice_url=current_app.config["OPERATOR_NOTICE_URL"],
    )


def _request_code(address: Address, facts: Mapping[str, str] | None = None) -> str:
    """Request a code; takes the same path whether one is sent. `facts` name the case it is for.
    Returns the code in the URL of its page. Commits. Raises TooManyRequests."""
    is_known = address_proofs.may_send_code(read_session(), vault(), address)
    try:
        proof = address_proofs.request_code(
            db.session, vault(), current_app.config["SECRET_KEY"], address, Purpose.MINE, sends=is_known,
            language=get_locale().language, network=request.remote_addr or "", at=clock.now(), facts=facts,
            notice=absolute_url("verification.privacy", lang="en" if get_locale().language == "en" else None),
        )  # fmt: skip
    except TooManyRequests:
        db.session.rollback()
        raise
    db.session.commit()
    return address_proofs.page_code(current_app.config["LINK_SALT"], proof)


def _too_many_text(many: TooManyRequests) -> str:
    """What was requested too often, and until when; the same for unknown addresses."""
    what = {
        Limit.CODES_OF_ADDRESS: _("Bu adres için kısa sürede çok kod istendi."),
        Limit.CODES_OF_BLOCK: _("Bu numaraya yakın numaralar için kısa sürede çok kod istendi."),
        Limit.CODES_OF_NETWORK: _("Bulunduğunuz internet ağından kısa sürede çok kod istendi."),
    }[many.limit]
    again = format_datetime(many.again_at_minute, "d MMMM HH:mm")
    when = _("Yeni kodu şu saatten sonra isteyebilirsiniz: %(at)s.", at=again)
    instead = _(
        "Reddetmek için beklemeniz gerekmez: size gelen herhangi bir iletideki bağlantıyı açın ya da İYS'yi veya "
        "e-Devlet'i kullanın."
    )
    return f"{what} {when} {instead}"


@entry_blueprint.get("/izinlerim/kod/<code>")
def code(code: str) -> str:
    """Show the form for the code; the same whether one was sent."""
    proof = _find_proof(code)
    return _render_code(code, proof, is_over=not is_open(proof, clock.now()))


@entry_blueprint.post("/izinlerim/kod/<code>", endpoint="answer")
@limiter.limit(limits.CODES, exempt_when=lambda: "renew" not in request.form)
def answer(code: str) -> ResponseReturnValue:
    """Check the code, or send a new one. An attempt is committed before the answer shows its result."""
    proof, typed = _find_proof(code), request.form.get("digits", "")
    if not _is_own_form():
        return _render_code(code, proof, warning=_("Bu sayfa uzun süre açık kalmış. Lütfen yeniden gönderin.")), 400
    if "renew" in request.form:
        return _send_new_code(code, proof)
    digits = address_proofs.read_code(typed)
    if digits is None and is_open(proof, clock.now()):
        return _render_code(
            code, proof, error=_("Kod yalnız rakamlardan oluşur. İletideki kodu olduğu gibi yazın.")
        ), 422
    at = clock.now()
    verdict = address_proofs.check_code(db.session, current_app.config["SECRET_KEY"], proof, digits or "", at)
    if verdict == CodeResult.PROVED:
        token = address_proofs.open_session(db.session.get_one(AddressProof, proof.id), at)
        url = _url_after_code(proof, at)
        db.session.commit()
        return address_session.set_cookie(make_response(redirect(url, 303)), token)
    db.session.commit()
    if verdict == CodeResult.OVER:
        return _render_code(code, proof, is_over=True), 410
    left = MOST_TRIES - db.session.get_one(AddressProof, proof.id).tries
    return _render_code(code, proof, error=_("Kod yanlış. Kalan deneme: %(left)s.", left=left)), 422


def _url_after_code(proof: AddressProof, at: datetime) -> str:
    """The overview; where who had the address before is reported first, the page for that; of a case its own page,
    which notes the proof."""
    code = _case_code(proof)
    case = _find_case(code) if code else None
    if case is None:
        return url_for("my_consents.new_holder" if "new" in request.form else "my_consents.overview")
    if not complaints.case_may_be_anothers(read_session(), case):
        complaints.record_proof(db.session.get_one(Complaint, case.id), at)
    return url_for("recipient.complaint", code=code, lang=request.args.get("lang"))


def _case_code(proof: AddressProof) -> str | None:
    return address_proofs.read_facts(vault(), proof).get("case")


def _find_case(code: str) -> Complaint | None:
    return complaints.find_case(read_session(), current_app.config["LINK_SALT"], code)


def _send_new_code(code: str, proof: AddressProof) -> ResponseReturnValue:
    try:
        facts = address_proofs.read_facts(vault(), proof)
        new_code = _request_code(address_proofs.read_address(vault(), proof), facts or None)
    except TooManyRequests as many:
        is_over = not is_open(proof, clock.now())
        return _render_code(code, proof, is_over=is_over, warning=_too_many_text(many)), 429
    return redirect(url_for(".code", code=new_code, yeni="1"), 303)


def _find_proof(code: str) -> AddressProof:
    """The proof of this page. Unknown, damaged and guessed codes take one path to the same 404."""
    proof = address_proofs.find_proof(read_session(), current_app.config["LINK_SALT"], code, Purpose.MINE)
    if proof is None:
        limits.count_bad_code()
        abort(404)
    g.language = proof.language
    return proof


def _render_code(code: str, proof: AddressProof, *, is_over: bool = False, **facts: str) -> str:
    return render_template(
        "my_consents/code_expired.html" if is_over else "my_consents/code.html",
        code=code,
        address=addresses.mask(address_proofs.read_address(vault(), proof).text),
        until=format_datetime(proof.expires_at, "HH:mm"),
        case_code=_case_code(proof),
        token=form_tokens.asking_token(),
        **facts,
    )


def _is_own_form() -> bool:
    """Whether the posted form stood on a page of ours, served within FORM_LIFE."""
    return not form_tokens.is_cross_site_post() and _age(request.form.get("form", ""), clock.now()) <= FORM_LIFE


def _age(token: str, at: datetime) -> timedelta:
    try:
        return timedelta(seconds=abs(at.timestamp() - form_tokens.signer(form_tokens.ASKING).loads(token)))
    except (BadSignature, TypeError):
        return timedelta.max
