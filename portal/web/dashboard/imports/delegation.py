"""The delegation page: the provider lets the operator import files for it until a day, and withdraws that."""

from datetime import date, timedelta

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select
from wtforms import DateField
from wtforms.validators import InputRequired

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import User
from portal.domain.identity.permissions import Permission
from portal.domain.providers import delegations
from portal.services.imports import uploads
from portal.web.dashboard.blueprint import blueprint
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.forms import BaseForm
from portal.web.shared.redirects import commit_and_redirect

USUAL_PERIOD = timedelta(days=30)


class DelegationForm(BaseForm):
    ends_on = DateField(_l("Son gün"), validators=[InputRequired(_l("Son günü seçin."))])


@blueprint.get("/leave")
@needs(Permission.ONBOARD)
def show_delegation() -> str:
    """Show the delegations, and the files imported under them."""
    return _page(DelegationForm(formdata=None, ends_on=clock.day(clock.now()) + USUAL_PERIOD))


@blueprint.post("/leave")
@needs(Permission.ONBOARD, fresh=True)
def give_delegation() -> ResponseReturnValue:
    form = DelegationForm()
    if not form.validate_on_submit():
        return _page(form), 422
    try:
        given = delegations.delegate(
            db.session, current_user.provider_id, current_user.id, form.ends_on.data, clock.now()
        )
    except delegations.InvalidEndDay:
        form.ends_on.errors = [_("Son gün bugünden önce, bir yıldan da sonra olamaz.")]
        return _page(form), 422
    record_audit("leave.given", "leave", given.id, until=given.ends_on.isoformat())
    return commit_and_redirect(url_for(".show_delegation"), _("Yetki verildi. İstediğiniz an geri alabilirsiniz."))


@blueprint.post("/leave/withdraw")
@needs(Permission.ONBOARD, fresh=True)
def withdraw_delegation() -> ResponseReturnValue:
    withdrawn = delegations.withdraw(db.session, current_user.provider_id, current_user.id, clock.now())
    if withdrawn is not None:
        record_audit("leave.withdrawn", "leave", withdrawn.id)
    return commit_and_redirect(
        url_for(".show_delegation"), _("Yetki geri alındı. Destek ekibi artık sizin adınıza dosya aktaramaz.")
    )


def _page(form: DelegationForm) -> str:
    at, mine = clock.now(), current_user.provider_id
    today: date = clock.day(at)
    given = delegations.list_delegations(read_session(), mine)
    people = {each.given_by for each in given} | {each.withdrawn_by for each in given if each.withdrawn_by}
    return render_template(
        "dashboard/imports/delegation.html",
        form=form,
        current=delegations.find_current(read_session(), mine, at),
        delegations=given,
        names=dict(read_session().execute(select(User.id, User.name).where(User.id.in_(people))).all()),
        batches=uploads.list_on_behalf(read_session(), mine),
        first_day=today.isoformat(),
        last_day=(today + delegations.LONGEST).isoformat(),
    )
