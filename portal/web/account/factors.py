"""Listing, renaming and removing a user's second factors."""

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from portal.core.extensions import db, read_session, wake
from portal.core.models import Factor
from portal.domain.identity import factors as rule
from portal.domain.identity.permissions import Permission
from portal.web.account import credential_changes
from portal.web.account.blueprint import blueprint, record_account_audit
from portal.web.account.profile import collapse_whitespace
from portal.web.shared.access import needs
from portal.web.shared.company_form import READABLE


class NameForm(FlaskForm):
    name = StringField(
        _l("Adı"),
        filters=[collapse_whitespace],
        validators=[
            DataRequired(_l("Bir ad yazın.")),
            Length(max=60, message=_l("En çok 60 karakter yazın.")),
            READABLE,
        ],
    )


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
    """Show a factor, to rename or remove it."""
    mine = own_factor_or_404(factor_id)
    return _render_factor(mine, NameForm(obj=mine))


@blueprint.post("/factors/<id:factor_id>")
@needs(Permission.SELF, fresh=True)
def rename_factor(factor_id: int) -> ResponseReturnValue:
    mine, form = own_factor_or_404(factor_id), NameForm()
    if not form.validate():
        return _render_factor(mine, form), 422
    mine.name = form.name.data
    record_account_audit("factor.renamed", factor=str(factor_id), kind=mine.kind.value)
    db.session.commit()
    flash(_("Yeni ad kaydedildi."))
    return redirect(url_for(".factors"), 303)


@blueprint.post("/factors/<id:factor_id>/remove")
@needs(Permission.SELF, fresh=True)
def remove_factor(factor_id: int) -> ResponseReturnValue:
    """Remove a factor, unless it is the last one."""
    mine = own_factor_or_404(factor_id)
    kind, name = mine.kind.value, mine.name
    try:
        removed = rule.remove_factor(db.session, current_user.id, factor_id)
    except rule.LastFactor:
        db.session.rollback()
        return _render_factor(own_factor_or_404(factor_id), NameForm(obj=mine)), 422
    if removed is None:  # Another request was first, and sent the mail.
        abort(404)
    credential_changes.end_other_sessions()
    credential_changes.mail_factor_change(f"{kind}_removed", name)
    record_account_audit("factor.removed", factor=str(factor_id), kind=kind)
    db.session.commit()
    wake("mail")
    flash(_("“%(name)s” kaldırıldı. Öteki oturumlarınız kapatıldı.", name=name))
    return redirect(url_for(".factors"), 303)


def own_factor_or_404(factor_id: int, *, confirmed: bool = True) -> Factor:
    """A factor of the current user."""
    for mine in rule.list_factors(db.session, current_user.id, confirmed=confirmed):
        if mine.id == factor_id and (mine.confirmed_at is not None) == confirmed:
            return mine
    abort(404)


def has_most_factors() -> bool:
    return len(rule.list_factors(db.session, current_user.id)) >= rule.MOST_FACTORS


def _render_factor(mine: Factor, form: NameForm) -> str:
    is_last = len(rule.list_factors(db.session, current_user.id)) == 1
    return render_template("account/factor.html", factor=mine, form=form, is_last=is_last)
