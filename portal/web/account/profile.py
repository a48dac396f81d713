"""A user's name, the language of their pages and mails, and the provider to work for."""

from flask import abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import RadioField, SelectChoice, StringField
from wtforms.validators import InputRequired

from portal.core.extensions import db, read_session, vault
from portal.core.ids import parse_id
from portal.core.models import User
from portal.domain.identity import accounts, sessions
from portal.domain.identity.permissions import Permission
from portal.web.account.blueprint import blueprint, record_account_audit
from portal.web.shared import held_forms
from portal.web.shared.access import needs
from portal.web.shared.forms import BaseForm
from portal.web.shared.languages import LANGUAGES
from portal.web.shared.pagination import requested_page
from portal.web.shared.validators import PERSON_NAME

PAGE_SIZE = 200


def collapse_whitespace(text: str | None) -> str | None:
    """Collapse line breaks and repeated spaces, since names go into mails and lists."""
    return " ".join(text.split()) if text else text


class MeForm(BaseForm):
    name = StringField(_l("Adınız ve soyadınız"), filters=[collapse_whitespace], validators=PERSON_NAME)
    language = RadioField(
        _l("Size hangi dilde yazalım?"),
        choices=[SelectChoice(value, name) for value, name in zip(LANGUAGES, ("Türkçe", "English"), strict=True)],
        validators=[InputRequired(_l("Bir dil seçin."))],
    )


@blueprint.get("/")
@needs(Permission.SELF)
def me() -> ResponseReturnValue:
    return _render_profile(MeForm(obj=current_user.user))


@blueprint.post("/")
@needs(Permission.SELF)
def rename() -> ResponseReturnValue:
    """Change name and language. The address cannot change, since links are mailed to it."""
    form = MeForm()
    if not form.validate():
        return _render_profile(form), 422
    user = db.session.get_one(User, current_user.id)
    changed = [field for field in ("name", "language") if getattr(user, field) != form[field].data]
    user.name, user.language = form.name.data, form.language.data
    if changed:
        record_account_audit("account.changed", fields=changed)
    db.session.commit()
    session["language"] = user.language
    flash(_("Değişiklikler kaydedildi."))
    return redirect(url_for(".me"), 303)


def _render_profile(form: MeForm) -> str:
    user = read_session().get_one(User, current_user.id)
    return render_template("account/me.html", form=form, email=accounts.email_of(vault(), user))


@blueprint.get("/providers")
@needs(Permission.SELF)
def choose() -> ResponseReturnValue:
    """List the user's providers, and the operator's console for its staff."""
    return render_template(
        "account/choose.html",
        page=requested_page(sessions.select_memberships(current_user.id), PAGE_SIZE, lambda *row: row),
        suspended=sessions.list_suspended(read_session(), current_user.id),
        is_staff=current_user.user.operator_role is not None,
        current_provider_id=current_user.provider_id,
    )


@blueprint.post("/providers")
@needs(Permission.SELF)
def switch_provider() -> ResponseReturnValue:
    """Choose the provider to work for, and repeat the POST of a form there that was refused at another one."""
    chosen = parse_id(request.form.get("provider", ""))
    if chosen is None or not sessions.switch_provider(db.session, current_user, chosen):
        abort(404)
    record_account_audit("provider.chosen", provider=str(chosen))
    db.session.commit()
    if held := held_forms.find():
        return redirect(held.path, 307)
    if held_forms.FIELD in request.form:
        flash(str(held_forms.EXPIRED))
    return redirect(url_for("dashboard.overview"), 303)
