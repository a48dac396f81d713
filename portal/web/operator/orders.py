"""Orders of packages: the operator confirms one from a day, or declines it with a reason."""

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, read_session, wake
from portal.core.models import MailKind, Package, PackageOrder, Provider
from portal.domain import packages
from portal.domain.identity.permissions import Permission
from portal.web.operator.blueprint import blueprint
from portal.web.operator.forms import ConfirmationForm, DeclineForm
from portal.web.operator.provider_access import visible_provider_or_404
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.access import needs
from portal.web.shared.owner_notifications import notify_owners
from portal.web.shared.signed_in_person import record_operator_audit


@blueprint.get("/orders")
@needs(Permission.REVIEW)
def orders() -> ResponseReturnValue:
    return _render_orders()


@blueprint.post("/orders/<id:order_id>/confirmation")
@needs(Permission.REVIEW)
def confirm_order(order_id: int) -> ResponseReturnValue:
    order, form = _order_or_404(order_id), ConfirmationForm()
    if not form.validate_on_submit():
        return _render_orders(confirming=form, wrong_id=order_id), 422
    try:
        packages.confirm(db.session, order, current_user.id, form.starts_on.data, clock.now())
    except packages.WrongStart:
        db.session.rollback()
        form.starts_on.errors = [_("Bu gün bugünden çok uzak. Yakın bir gün seçin.")]
        return _render_orders(confirming=form, wrong_id=order_id), 422
    except packages.AlreadyClosed:
        return _already_settled()
    return _finish_settling(
        order, "order.confirmed", is_confirmed=True, message=_("Sipariş onaylandı; sahiplerine yazıldı.")
    )


@blueprint.post("/orders/<id:order_id>/decline")
@needs(Permission.REVIEW)
def decline_order(order_id: int) -> ResponseReturnValue:
    order, form = _order_or_404(order_id), DeclineForm()
    if not form.validate_on_submit():
        return _render_orders(declining=form, wrong_id=order_id), 422
    try:
        packages.decline(db.session, order, current_user.id, form.note.data.strip(), clock.now())
    except packages.AlreadyClosed:
        return _already_settled()
    return _finish_settling(
        order, "order.declined", is_confirmed=False, message=_("Sipariş geri çevrildi; sahiplerine yazıldı.")
    )


def _finish_settling(order: PackageOrder, act: str, *, is_confirmed: bool, message: str) -> ResponseReturnValue:
    provider = db.session.get_one(Provider, order.provider_id)
    package = db.session.get_one(Package, order.package_id)
    notify_owners(
        provider, MailKind.ORDER_SETTLED, package=package.name, is_confirmed=is_confirmed,
        link=absolute_url("dashboard.package"),
    )  # fmt: skip
    record_operator_audit(act, "package_order", order.id, provider_id=provider.id, package=package.name)
    db.session.commit()
    wake("mail")
    flash(message)
    return redirect(url_for(".orders"), 303)


def _already_settled() -> ResponseReturnValue:
    db.session.rollback()
    flash(_("Bu sipariş bu arada sonuçlanmış."))
    return redirect(url_for(".orders"), 303)


def _order_or_404(order_id: int) -> PackageOrder:
    found = db.session.get(PackageOrder, order_id)
    if found is None:
        abort(404)
    visible_provider_or_404(db.session, found.provider_id)
    return found


def _render_orders(
    *, confirming: ConfirmationForm | None = None, declining: DeclineForm | None = None, wrong_id=None
) -> str:
    at = clock.now()
    waiting = packages.list_waiting_orders(read_session())
    names = dict(read_session().execute(select(Package.id, Package.name)).all())
    providers = {order.provider_id for order in waiting}
    titles = dict(read_session().execute(select(Provider.id, Provider.title).where(Provider.id.in_(providers))).all())
    return render_template(
        "operator/orders.html",
        orders=[
            (
                order,
                titles[order.provider_id],
                names[order.package_id],
                packages.suggest_start(read_session(), order, at),
            )
            for order in waiting
        ],
        confirming=confirming or ConfirmationForm(formdata=None),
        declining=declining or DeclineForm(formdata=None),
        wrong_id=wrong_id,
    )
