"""The first step: address and password. Whether an address is known here, nobody is told, nor by how long it takes."""

from flask import redirect, render_template, request, session, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired, Length

from portal.core import clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import SessionEnd
from portal.domain.identity import accounts, login_throttle, sessions
from portal.core.throttle import TooManyRequests
from portal.web.shared import limits
from portal.web.signin import device_cookie, pending_sign_in, return_url
from portal.web.signin.blueprint import blueprint

NOBODY = 0
# Why who was in is asked to sign in again.
WHY = {
    SessionEnd.IDLE: _l("Oturumunuz 30 dakika kullanılmadığı için kapandı."),
    SessionEnd.TOO_OLD: _l("Oturumunuz 12 saati doldurduğu için kapandı."),
    SessionEnd.REVOKED: _l("Bu oturum, oturum listenizden ya da bir yönetici tarafından kapatıldı."),
    SessionEnd.CHANGED: _l("Parolanız ya da doğrulama yöntemleriniz değiştiği için oturumunuz kapandı."),
}
HALF_IS_OVER = _l("İkinci adım için ayrılan süre doldu. Güvenliğiniz için baştan giriş yapın.")


class SignInForm(FlaskForm):
    email = EmailField(
        _l("E-posta adresiniz"), validators=[InputRequired(_l("E-posta adresinizi yazın.")), Length(max=265)]
    )
    password = PasswordField(_l("Parolanız"), validators=[InputRequired(_l("Parolanızı yazın.")), Length(max=200)])


@blueprint.route("/sign-in", methods=["GET", "POST"])
@limiter.limit(limits.SIGN_IN, methods=["POST"])
def sign_in():
    """Ask for address and password; a wrong address and a wrong password look the same."""
    form = SignInForm()
    if form.validate_on_submit():
        return _try(form)
    if request.method == "GET":
        return_url.remember(request.args.get("next"))
    return _page(form, why=_why()), 422 if form.errors else 200


def _try(form: SignInForm):
    email, at = form.email.data, clock.now()
    user, device = accounts.find_user(read_session(), vault(), email), device_cookie.digest()
    # Asked about nobody, too: the time it takes must not tell.
    knows = sessions.has_used_device(read_session(), user.id if user else NOBODY, device or b"")
    try:
        made = login_throttle.begin_password(
            db.session, vault(), account=email, address=request.remote_addr or "", at=at,
            user_id=user.id if user else None, known_device=device if knows else None,
        )  # fmt: skip
    except TooManyRequests as many:
        db.session.rollback()
        return _page(form, again_at=many.again_at_minute), 429
    db.session.commit()  # Whoever tries at the same moment sees it; and none is open while the hash takes its time.
    user = accounts.check_password(read_session(), vault(), email, form.password.data)
    if user is None:
        return _page(form, failed=True), 403
    login_throttle.delete_hit(db.session, made)
    db.session.commit()
    pending_sign_in.begin(user)
    return redirect(url_for(".second_step"), 303)


def _why() -> str | None:
    """What became of the session, or half of one, that the visitor had."""
    if pending_sign_in.is_over():
        return HALF_IS_OVER
    return WHY.get(sessions.find_ending(read_session(), session.get("_user_id", ""), clock.now()))


def _page(form: SignInForm, **facts) -> str:
    return render_template("signin/sign_in.html", form=form, **facts)
