"""Changing the password, which asks for the old one."""

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_time
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import PasswordField
from wtforms.validators import InputRequired, Length

from portal.core import clock
from portal.core.extensions import db, limiter, vault
from portal.core.models import MailKind, OneTimeLinkKind, User
from portal.core.throttle import TooManyRequests
from portal.domain.identity import accounts, login_throttle, one_time_links
from portal.domain.identity.permissions import Permission
from portal.web.account.blueprint import blueprint, record_credential_change
from portal.web.shared import limits
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.access import needs
from portal.web.shared.forms import BaseForm
from portal.web.shared.password_field import NewPasswordField
from portal.web.shared.redirects import commit_and_redirect


class PasswordForm(BaseForm):
    old = PasswordField(_l("Şimdiki parolanız"), validators=[InputRequired(_l("Parolanızı yazın.")), Length(max=200)])
    new = NewPasswordField(_l("Yeni parolanız"), validators=[InputRequired()])


@blueprint.get("/password")
@needs(Permission.SELF, fresh=True)
def password() -> ResponseReturnValue:
    return render_template("account/password.html", form=PasswordForm())


@blueprint.post("/password")
@limiter.limit(limits.SIGN_IN)
@needs(Permission.SELF, fresh=True)
def change_password() -> ResponseReturnValue:
    """Change the password; all other sessions and mailed reset links end."""
    form, email = PasswordForm(), accounts.email_of(vault(), current_user.user)
    form.new.about = [current_user.name, email]
    is_good = form.validate()
    if form.old.data and not form.old.errors:
        is_good = _check_old_password(email, form) and is_good
    if is_good and form.new.data == form.old.data:
        form.new.errors = [_("Bu, şimdiki parolanız. Başka bir parola seçin.")]
        is_good = False
    if not is_good:
        return render_template("account/password.html", form=form), 422
    password_hash = accounts.hasher.hash(form.new.data)  # Slow, so before any transaction.
    db.session.get_one(User, current_user.id).password_hash = password_hash
    one_time_links.revoke_all(db.session, OneTimeLinkKind.RESET, current_user.id, clock.now())
    record_credential_change("password.changed", MailKind.PASSWORD_CHANGED, {"link": absolute_url("signin.forgotten")})
    message = _("Parolanız değişti. Öteki oturumlarınız kapatıldı.")
    return commit_and_redirect(url_for(".me"), message)


def _check_old_password(email: str, form: PasswordForm) -> bool:
    """Whether the old password is right, throttled like sign-ins; otherwise sets the form's error."""
    try:
        attempt = login_throttle.begin_password(
            db.session, vault(), account=email, user_id=current_user.id, at=clock.now(),
            address=request.remote_addr or "", known_device=current_user.sign_in.device_digest,
        )  # fmt: skip
    except TooManyRequests as many:
        db.session.commit()
        again = format_time(many.again_at_minute, "HH:mm")
        form.old.errors = [_("Çok fazla deneme yapıldı. Saat %(time)s sonrasında yeniden deneyin.", time=again)]
        return False
    db.session.commit()
    if not accounts.verify_password(current_user.user.password_hash, form.old.data):
        form.old.errors = [_("Bu, şimdiki parolanız değil.")]
        return False
    login_throttle.delete_hit(db.session, attempt)
    db.session.commit()
    return True
