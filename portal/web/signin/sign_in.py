"""Signing in and out, and the language. Neither words nor time tell whether an address is known."""

from typing import Any

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_login import current_user, logout_user
from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired, Length

from portal.core import clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import SessionEnd
from portal.core.throttle import TooManyRequests
from portal.domain.identity import accounts, login_throttle, sessions
from portal.web.shared import languages, limits
from portal.web.shared.forms import BaseForm
from portal.web.signin import device_cookie, pending_sign_in, return_url
from portal.web.signin.blueprint import blueprint

NOBODY = 0
ENDING_TEXTS = {
    SessionEnd.IDLE: _l("Oturumunuz 30 dakika kullanılmadığı için kapandı."),
    SessionEnd.TOO_OLD: _l("Oturumunuz 12 saati doldurduğu için kapandı."),
    SessionEnd.REVOKED: _l("Bu oturum, oturum listenizden ya da bir yönetici tarafından kapatıldı."),
    SessionEnd.CHANGED: _l("Parolanız ya da doğrulama yöntemleriniz değiştiği için oturumunuz kapandı."),
}
PENDING_EXPIRED = _l("İkinci adım için ayrılan süre doldu. Güvenliğiniz için baştan giriş yapın.")


class SignInForm(BaseForm):
    email = EmailField(
        _l("E-posta adresiniz"), validators=[InputRequired(_l("E-posta adresinizi yazın.")), Length(max=265)]
    )
    password = PasswordField(_l("Parolanız"), validators=[InputRequired(_l("Parolanızı yazın.")), Length(max=200)])


@blueprint.route("/sign-in", methods=["GET", "POST"])
@limiter.limit(limits.SIGN_IN, methods=["POST"])
def sign_in() -> ResponseReturnValue:
    """Ask for address and password. A wrong address and a wrong password look the same."""
    form = SignInForm()
    if form.validate_on_submit():
        return _check_password(form)
    if request.method == "GET":
        languages.keep_asked()
        return_url.remember(request.args.get("next"))
    if pending_sign_in.is_over():
        why = PENDING_EXPIRED
    else:
        ending = sessions.find_ending(read_session(), session.get("_user_id", ""), clock.now())
        why = ENDING_TEXTS.get(ending) if ending else None
    return _page(form, why=why), 422 if form.errors else 200


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this session; only the language is kept."""
    if current_user.is_authenticated:
        sessions.end_sessions(
            db.session, current_user.id, SessionEnd.SIGNED_OUT, clock.now(), only=current_user.sign_in.id
        )
        db.session.commit()
    logout_user()
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language
    return redirect(url_for("public.front"), 303)


@blueprint.post("/language")
def choose_language() -> ResponseReturnValue:
    """Store the language, and go back to the page where it was chosen."""
    if request.form.get("language") in languages.LANGUAGES:
        session["language"] = request.form["language"]
    first = url_for("dashboard.overview" if current_user.is_authenticated else ".sign_in")
    return redirect(return_url.referring_path() or first, 303)


def _check_password(form: SignInForm) -> ResponseReturnValue:
    email, at = form.email.data, clock.now()
    user, device = accounts.find_user(read_session(), vault(), email), device_cookie.read_digest()
    # Also queried for unknown addresses, so that timing does not tell.
    is_known_device = sessions.has_used_device(read_session(), user.id if user else NOBODY, device or b"")
    try:
        attempt = login_throttle.begin_password(
            db.session, vault(), account=email, address=request.remote_addr or "", at=at,
            user_id=user.id if user else None, known_device=device if is_known_device else None,
        )  # fmt: skip
    except TooManyRequests as many:
        db.session.rollback()
        return _page(form, again_at=many.again_at_minute), 429
    db.session.commit()  # Concurrent attempts count it, and no transaction is open during the slow hash.
    user = accounts.check_password(read_session(), vault(), email, form.password.data)
    if user is None:
        return _page(form, failed=True), 403
    login_throttle.delete_hit(db.session, attempt)
    db.session.commit()
    pending_sign_in.begin(user)
    return redirect(url_for(".second_step"), 303)


def _page(form: SignInForm, **facts: Any) -> str:
    return render_template("signin/sign_in.html", form=form, **facts)
