"""Adding an authenticator app: it is named, scanned, and counts once its first code was used."""

from datetime import timedelta

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from portal.core import clock
from portal.core.extensions import db, limiter, vault, wake
from portal.core.models import Factor
from portal.domain.identity import accounts
from portal.domain.identity import factors as rule
from portal.domain.identity.permissions import Permission
from portal.web.account import credential_changes
from portal.web.account.blueprint import blueprint, record_account_audit
from portal.web.account.factors import NameForm, has_most_factors, own_factor_or_404
from portal.web.shared import limits, qr_code
from portal.web.shared.access import needs

UNFINISHED = timedelta(minutes=15)  # How long a secret waits for its first code.


class FirstCodeForm(FlaskForm):
    code = StringField(
        _l("Uygulamanın gösterdiği 6 rakam"),
        validators=[InputRequired(_l("Uygulamada gördüğünüz 6 rakamı yazın.")), Length(max=40)],
    )


@blueprint.get("/factors/app")
@needs(Permission.SELF, fresh=True)
def new_app() -> ResponseReturnValue:
    """Ask for the app's name."""
    return render_template("account/new_app.html", form=NameForm(), is_full=has_most_factors())


@blueprint.post("/factors/app")
@needs(Permission.SELF, fresh=True)
def begin_app() -> ResponseReturnValue:
    """Create its secret, replacing an unconfirmed one."""
    form = NameForm()
    if not form.validate() or has_most_factors():
        return render_template("account/new_app.html", form=form, is_full=has_most_factors()), 422
    rule.delete_unconfirmed(db.session, current_user.id)
    made = rule.enrol_totp(db.session, vault(), current_user.id, name=form.name.data, at=clock.now())
    db.session.commit()
    return redirect(url_for(".app", factor_id=made.id), 303)


@blueprint.get("/factors/app/<id:factor_id>")
@needs(Permission.SELF, fresh=True)
def app(factor_id: int) -> ResponseReturnValue:
    """Show the secret, as a QR code and as text, and ask for the first code."""
    return _render_app(_unconfirmed_or_404(factor_id), FirstCodeForm())


@blueprint.post("/factors/app/<id:factor_id>")
@limiter.limit(limits.SIGN_IN)
@needs(Permission.SELF, fresh=True)
def confirm_app(factor_id: int) -> ResponseReturnValue:
    """Confirm the app by its first code."""
    app_factor, form = _unconfirmed_or_404(factor_id), FirstCodeForm()
    if not form.validate():
        return _render_app(app_factor, form), 422
    if not rule.use_factor_code(db.session, vault(), app_factor, form.code.data, clock.now()):
        form.code.errors = [_("Bu kod geçerli değil. Uygulamada yeni bir kod belirince onu yazın.")]
        return _render_app(app_factor, form), 422
    name = app_factor.name
    credential_changes.end_other_sessions()
    credential_changes.mail_factor_change("totp_added", name)
    record_account_audit("factor.added", factor=str(factor_id), kind="totp")
    db.session.commit()
    wake("mail")
    flash(_("“%(name)s” eklendi. Öteki oturumlarınız kapatıldı.", name=name))
    return redirect(url_for(".factors"), 303)


def _unconfirmed_or_404(factor_id: int) -> Factor:
    app_factor = own_factor_or_404(factor_id, confirmed=False)
    if clock.now() - app_factor.created_at > UNFINISHED:
        abort(404)
    return app_factor


def _render_app(app_factor: Factor, form: FirstCodeForm) -> str:
    secret = rule.totp_secret(vault(), app_factor)
    uri = rule.provisioning_uri(vault(), app_factor, accounts.email_of(vault(), current_user.user))
    return render_template(
        "account/app.html", factor=app_factor, form=form,
        picture=qr_code.svg(uri, _("Doğrulama uygulaması için QR kod")),
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
    )  # fmt: skip
