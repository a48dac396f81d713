"""Adding a passkey: the browser creates one, and its answer is stored."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from wtforms import HiddenField
from wtforms.validators import Length

from portal.core import clock
from portal.core.extensions import db, vault, wake
from portal.domain.identity import accounts
from portal.domain.identity import passkeys as rule
from portal.domain.identity.permissions import Permission
from portal.web.account import credential_changes
from portal.web.account.blueprint import blueprint, record_account_audit
from portal.web.account.factors import NameForm, has_most_factors
from portal.web.shared import webauthn_challenges
from portal.web.shared.access import needs


class PasskeyForm(NameForm):
    answer = HiddenField(validators=[Length(max=rule.LONGEST_ANSWER)])


@blueprint.get("/factors/passkey")
@needs(Permission.SELF, fresh=True)
def new_passkey() -> ResponseReturnValue:
    """Ask for a name, and give the browser its options."""
    return _render_new_passkey(PasskeyForm())


@blueprint.post("/factors/passkey")
@needs(Permission.SELF, fresh=True)
def register_passkey() -> ResponseReturnValue:
    """Store the key that the browser created."""
    form, challenge = PasskeyForm(), webauthn_challenges.pop_challenge()
    if not form.validate() or challenge is None or has_most_factors():
        return _render_new_passkey(form, failed=bool(form.answer.data) and not form.errors), 422
    try:
        made = rule.register_passkey(
            db.session,
            current_user.id,
            form.answer.data or "",
            webauthn_challenges.current_origin(),
            challenge,
            name=form.name.data,
            at=clock.now(),
        )
    except rule.InvalidAnswer:
        db.session.rollback()
        return _render_new_passkey(form, failed=True), 422
    credential_changes.end_other_sessions()
    credential_changes.mail_factor_change("passkey_added", made.name)
    record_account_audit("factor.added", factor=str(made.id), kind="passkey")
    db.session.commit()
    wake("mail")
    flash(_("“%(name)s” eklendi. Öteki oturumlarınız kapatıldı.", name=form.name.data))
    return redirect(url_for(".factors"), 303)


def _render_new_passkey(form: PasskeyForm, failed: bool = False) -> str:
    options = None
    if webauthn_challenges.host_allows_passkeys() and not has_most_factors():
        email = accounts.email_of(vault(), current_user.user)
        challenge = webauthn_challenges.new_challenge(clock.now())
        options = rule.registration_options(
            db.session, current_user.user, email, webauthn_challenges.current_origin(), challenge
        )
    return render_template(
        "account/new_passkey.html", form=form, options=options, failed=failed, is_full=has_most_factors()
    )
