"""A second authenticator app: it is named, scanned, and counts once it has shown a first code."""

from datetime import timedelta

from flask import abort, flash, redirect, render_template, url_for
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
from portal.web.account.factors import NameForm, mine_or_404, no_room
from portal.web.shared import limits, qr_code
from portal.web.shared.access import needs

UNFINISHED = timedelta(minutes=15)  # So long a secret waits for its first code.


class FirstCodeForm(FlaskForm):
    code = StringField(
        _l("Uygulamanın gösterdiği 6 rakam"),
        validators=[InputRequired(_l("Uygulamada gördüğünüz 6 rakamı yazın.")), Length(max=40)],
    )


@blueprint.get("/factors/app")
@needs(Permission.SELF, fresh=True)
def new_app():
    """Ask for a name, by which the person will know it again."""
    return render_template("account/new_app.html", form=NameForm(), is_full=no_room())


@blueprint.post("/factors/app")
@needs(Permission.SELF, fresh=True)
def begin_app():
    """Make a secret for it, in place of one that was begun and left."""
    form = NameForm()
    if not form.validate() or no_room():
        return render_template("account/new_app.html", form=form, is_full=no_room()), 422
    rule.delete_unconfirmed(db.session, current_user.id)
    made = rule.enrol_totp(db.session, vault(), current_user.id, name=form.name.data, at=clock.now())
    db.session.commit()
    return redirect(url_for(".app", factor_id=made.id), 303)


@blueprint.get("/factors/app/<id:factor_id>")
@needs(Permission.SELF, fresh=True)
def app(factor_id: int):
    """Show the secret, as a picture and in letters, and ask for the first code."""
    return _show(_begun_or_404(factor_id), FirstCodeForm())


@blueprint.post("/factors/app/<id:factor_id>")
@limiter.limit(limits.SIGN_IN)
@needs(Permission.SELF, fresh=True)
def confirm_app(factor_id: int):
    """The first code was shown: from now on it counts."""
    begun, form = _begun_or_404(factor_id), FirstCodeForm()
    if not form.validate():
        return _show(begun, form), 422
    if not rule.use_factor_code(db.session, vault(), begun, form.code.data, clock.now()):
        form.code.errors = [_("Bu kod geçerli değil. Uygulamada yeni bir kod belirince onu yazın.")]
        return _show(begun, form), 422
    name = begun.name
    credential_changes.end_others()
    credential_changes.tell_of_factor("totp_added", name)
    record_account_audit("factor.added", factor=str(factor_id), kind="totp")
    db.session.commit()
    wake("mail")
    flash(_("“%(name)s” eklendi. Öteki oturumlarınız kapatıldı.", name=name))
    return redirect(url_for(".factors"), 303)


def _begun_or_404(factor_id: int) -> Factor:
    begun = mine_or_404(factor_id, confirmed=False)
    if clock.now() - begun.created_at > UNFINISHED:
        abort(404)
    return begun


def _show(begun: Factor, form: FirstCodeForm) -> str:
    secret = rule.totp_secret(vault(), begun)
    uri = rule.provisioning_uri(vault(), begun, accounts.email_of(vault(), current_user.user))
    return render_template(
        "account/app.html", factor=begun, form=form, picture=qr_code.svg(uri, _("Doğrulama uygulaması için QR kod")),
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
    )  # fmt: skip
