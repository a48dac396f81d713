"""A user's second factors: authenticator apps, passkeys and recovery codes."""

from datetime import timedelta

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import HiddenField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from portal.core import clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import Factor, MailKind
from portal.domain.identity import accounts, passkeys
from portal.domain.identity import factors as rule
from portal.domain.identity.permissions import Permission
from portal.web.account.blueprint import blueprint, record_account_audit, record_credential_change
from portal.web.account.profile import collapse_whitespace
from portal.web.shared import limits, qr_code, webauthn_challenges
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.access import needs
from portal.web.shared.forms import BaseForm
from portal.web.shared.redirects import commit_and_redirect
from portal.web.shared.validators import VISIBLE

UNFINISHED = timedelta(minutes=15)  # How long an app's secret waits for its first code.


class NameForm(BaseForm):
    name = StringField(
        _l("Adı"),
        filters=[collapse_whitespace],
        validators=[
            DataRequired(_l("Bir ad yazın.")),
            Length(max=60, message=_l("En çok 60 karakter yazın.")),
            VISIBLE,
        ],
    )


class FirstCodeForm(BaseForm):
    code = StringField(
        _l("Uygulamanın gösterdiği 6 rakam"),
        validators=[InputRequired(_l("Uygulamada gördüğünüz 6 rakamı yazın.")), Length(max=40)],
    )


class PasskeyForm(NameForm):
    answer = HiddenField(validators=[Length(max=passkeys.LONGEST_ANSWER)])


@blueprint.get("/factors")
@needs(Permission.SELF)
def factors() -> ResponseReturnValue:
    """List the factors and the number of unused recovery codes."""
    left = rule.count_recovery_codes(read_session(), current_user.id)
    mine = rule.list_factors(read_session(), current_user.id)
    return render_template("account/factors.html", factors=mine, left=left, is_full=len(mine) >= rule.MOST_FACTORS)


@blueprint.get("/factors/<id:factor_id>")
@needs(Permission.SELF, fresh=True)
def factor(factor_id: int) -> ResponseReturnValue:
    mine = _own_factor_or_404(factor_id)
    return _render_factor(mine, NameForm(obj=mine))


@blueprint.post("/factors/<id:factor_id>")
@needs(Permission.SELF, fresh=True)
def rename_factor(factor_id: int) -> ResponseReturnValue:
    mine, form = _own_factor_or_404(factor_id), NameForm()
    if not form.validate():
        return _render_factor(mine, form), 422
    mine.name = form.name.data
    record_account_audit("factor.renamed", factor=str(factor_id), kind=mine.kind.value)
    return commit_and_redirect(url_for(".factors"), _("Yeni ad kaydedildi."))


@blueprint.post("/factors/<id:factor_id>/remove")
@needs(Permission.SELF, fresh=True)
def remove_factor(factor_id: int) -> ResponseReturnValue:
    """Remove a factor, unless it is the last one."""
    mine = _own_factor_or_404(factor_id)
    kind, name = mine.kind.value, mine.name
    try:
        removed = rule.remove_factor(db.session, current_user.id, factor_id)
    except rule.LastFactor:
        db.session.rollback()
        return _render_factor(_own_factor_or_404(factor_id), NameForm(obj=mine)), 422
    if removed is None:  # Another request was first, and sent the mail.
        abort(404)
    _record_change(f"{kind}_removed", name, "factor.removed", factor=str(factor_id), kind=kind)
    message = _("“%(name)s” kaldırıldı. Öteki oturumlarınız kapatıldı.", name=name)
    return commit_and_redirect(url_for(".factors"), message)


@blueprint.get("/factors/app")
@needs(Permission.SELF, fresh=True)
def new_app() -> ResponseReturnValue:
    return render_template("account/new_app.html", form=NameForm(), is_full=_has_most_factors())


@blueprint.post("/factors/app")
@needs(Permission.SELF, fresh=True)
def begin_app() -> ResponseReturnValue:
    """Create its secret, replacing an unconfirmed one."""
    form = NameForm()
    if not form.validate() or _has_most_factors():
        return render_template("account/new_app.html", form=form, is_full=_has_most_factors()), 422
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
    app_factor, form = _unconfirmed_or_404(factor_id), FirstCodeForm()
    if not form.validate():
        return _render_app(app_factor, form), 422
    if not rule.use_factor_code(db.session, vault(), app_factor, form.code.data, clock.now()):
        form.code.errors = [_("Bu kod geçerli değil. Uygulamada yeni bir kod belirince onu yazın.")]
        return _render_app(app_factor, form), 422
    return _finish_adding(app_factor)


@blueprint.get("/factors/passkey")
@needs(Permission.SELF, fresh=True)
def new_passkey() -> ResponseReturnValue:
    return _render_new_passkey(PasskeyForm())


@blueprint.post("/factors/passkey")
@needs(Permission.SELF, fresh=True)
def register_passkey() -> ResponseReturnValue:
    form, challenge = PasskeyForm(), webauthn_challenges.pop_challenge()
    if not form.validate() or challenge is None or _has_most_factors():
        return _render_new_passkey(form, failed=bool(form.answer.data) and not form.errors), 422
    try:
        made = passkeys.register_passkey(
            db.session,
            current_user.id,
            form.answer.data or "",
            webauthn_challenges.current_origin(),
            challenge,
            name=form.name.data,
            at=clock.now(),
        )
    except passkeys.InvalidAnswer:
        db.session.rollback()
        return _render_new_passkey(form, failed=True), 422
    return _finish_adding(made)


@blueprint.get("/factors/codes")
@needs(Permission.SELF, fresh=True)
def codes() -> ResponseReturnValue:
    return render_template("account/codes.html", codes=None)


@blueprint.post("/factors/codes")
@needs(Permission.SELF, fresh=True)
def make_codes() -> ResponseReturnValue:
    """Create the codes and show them, only in this response."""
    made = rule.create_recovery_codes(db.session, vault(), current_user.id, clock.now())
    _record_change("recovery_renewed", "", "recovery_codes.made")
    db.session.commit()
    return render_template("account/codes.html", codes=made)


def _finish_adding(added: Factor) -> ResponseReturnValue:
    _record_change(f"{added.kind.value}_added", added.name, "factor.added", factor=str(added.id), kind=added.kind.value)
    message = _("“%(name)s” eklendi. Öteki oturumlarınız kapatıldı.", name=added.name)
    return commit_and_redirect(url_for(".factors"), message)


def _record_change(change: str, name: str, audit_act: str, **facts: str) -> None:
    """End the user's other sessions, mail them about the change (one of mails.CHANGES), and audit it."""
    mailed = {"change": change, "name": name, "link": absolute_url("account.factors")}
    record_credential_change(audit_act, MailKind.FACTOR_CHANGED, mailed, **facts)


def _own_factor_or_404(factor_id: int, *, confirmed: bool = True) -> Factor:
    for mine in rule.list_factors(db.session, current_user.id, confirmed=confirmed):
        if mine.id == factor_id and (mine.confirmed_at is not None) == confirmed:
            return mine
    abort(404)


def _has_most_factors() -> bool:
    return len(rule.list_factors(db.session, current_user.id)) >= rule.MOST_FACTORS


def _render_factor(mine: Factor, form: NameForm) -> str:
    is_last = len(rule.list_factors(db.session, current_user.id)) == 1
    return render_template("account/factor.html", factor=mine, form=form, is_last=is_last)


def _unconfirmed_or_404(factor_id: int) -> Factor:
    app_factor = _own_factor_or_404(factor_id, confirmed=False)
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


def _render_new_passkey(form: PasskeyForm, failed: bool = False) -> str:
    options = None
    if webauthn_challenges.host_allows_passkeys() and not _has_most_factors():
        email = accounts.email_of(vault(), current_user.user)
        challenge = webauthn_challenges.new_challenge(clock.now())
        options = passkeys.registration_options(
            db.session, current_user.user, email, webauthn_challenges.current_origin(), challenge
        )
    return render_template(
        "account/new_passkey.html", form=form, options=options, failed=failed, is_full=_has_most_factors()
    )
