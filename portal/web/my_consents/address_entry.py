"""Request a code: one field for a phone number or an e-mail address. Unknown addresses get the same answer."""

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime, get_locale
from flask_babel import gettext as _

from portal.core import addresses, clock
from portal.core.addresses import Address
from portal.core.extensions import db, limiter, read_session, vault, wake
from portal.core.iys_protocol import Channel
from portal.core.models import AddressProof, Purpose
from portal.core.throttle import Limit, TooManyRequests
from portal.domain import address_proofs
from portal.web.my_consents import form_token
from portal.web.my_consents.blueprint import entry_blueprint
from portal.web.shared import limits
from portal.web.shared.absolute_urls import absolute_url


@entry_blueprint.get("/izinlerim")
def ask() -> str:
    return render_form()


@entry_blueprint.post("/izinlerim", endpoint="send")
@limiter.limit(limits.CODES)
def send() -> ResponseReturnValue:
    """Send a code if any provider knows the address; redirect to the code's page in any case."""
    typed = request.form.get("address", "")
    if not form_token.is_valid():
        return render_form(typed, warning=_("Bu sayfa uzun süre açık kalmış. Lütfen yeniden gönderin.")), 400
    try:
        address = addresses.parse(typed)
    except addresses.BadAddress as bad:
        return render_form(typed, error=f"{_(bad.problem.sentence)} {_(bad.problem.cure)}"), 422
    if address.channels == (Channel.CALL,):
        return render_form(typed, error=landline_text()), 422
    try:
        proof = request_code(address)
    except TooManyRequests as many:
        return render_form(typed, warning=too_many_text(many)), 429
    return redirect(url_for(".code", code=code_of(proof)), 303)


def render_form(typed: str = "", *, error: str | None = None, warning: str | None = None) -> str:
    notice_url = current_app.config["OPERATOR_NOTICE_URL"]
    return render_template(
        "my_consents/ask.html",
        typed=typed[: addresses.MAX_INPUT_LENGTH],
        error=error,
        warning=warning,
        token=form_token.token(),
        notice_url=notice_url,
    )


def request_code(address: Address) -> AddressProof:
    """Request a code; takes the same path whether any provider knows the address. Commits. Raises TooManyRequests."""
    is_known = address_proofs.is_held(read_session(), vault(), address)
    try:
        proof = address_proofs.request_code(
            db.session, vault(), current_app.config["SECRET_KEY"], address, Purpose.MINE, sends=is_known,
            language=get_locale().language, network=request.remote_addr or "", at=clock.now(),
            notice=absolute_url("verification.privacy", lang="en" if get_locale().language == "en" else None),
        )  # fmt: skip
    except TooManyRequests:
        db.session.rollback()
        raise
    db.session.commit()
    wake("message")
    return proof


def code_of(proof: AddressProof) -> str:
    """The code in the URL of a proof's page."""
    return address_proofs.page_code(current_app.config["LINK_SALT"], proof)


def too_many_text(many: TooManyRequests) -> str:
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


def landline_text() -> str:
    return _(
        "Sabit telefona SMS gitmediği için kod gönderemiyoruz. Reddetmek için size gelen iletideki bağlantıyı açın ya "
        "da İYS'yi veya e-Devlet'i kullanın."
    )
