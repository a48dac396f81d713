"""The provider's package: how full it is, what İYS would price, and asking the operator for another year."""

from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import HiddenField

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import OrderKind, Package, PackageOrder
from portal.domain import packages
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.blueprint import blueprint
from portal.web.shared.access import needs
from portal.web.shared.signed_in_person import record_audit
from portal.web.shared.url_converters import parse_id

ORDER_LABELS = {
    OrderKind.FIRST: _l("Bu paketi iste"),
    OrderKind.RENEWAL: _l("Bir yıl iste"),
    OrderKind.UPGRADE: _l("Yükselt"),
}


class OrderForm(FlaskForm):
    """One for each line of the price list."""

    package = HiddenField()


class TakeBackForm(FlaskForm):
    """Nothing to fill in; it carries the token."""


@dataclass(frozen=True)
class Offer:
    """One line of the price list, as it is for this provider."""

    package: Package
    ask: str  # What the button says.
    fits: bool
    is_running: bool


@blueprint.get("/package")
@needs(Permission.LOOK)
def package():
    """Show how the provider stands with its package."""
    stands = packages.standing(read_session(), current_user.provider, clock.now())
    orders = packages.orders_of(read_session(), current_user.provider_id)
    return render_template(
        "dashboard/onboarding/package.html",
        standing=stands,
        offers=[_offer_of(each, stands) for each in packages.on_offer(read_session())],
        orders=orders,
        waiting=next((order for order, _ in orders if is_waiting(order)), None),
        is_exempt=stands.iys_count is None,
    )


@blueprint.post("/package/orders")
@needs(Permission.ONBOARD)
def order_package():
    """Ask the operator for a package."""
    form = OrderForm()
    if not form.validate_on_submit():
        abort(400)
    package_id = parse_id(form.package.data or "")
    chosen = db.session.get(Package, package_id) if package_id is not None else None
    if chosen is None:
        abort(404)
    try:
        made = packages.order(db.session, current_user.provider, chosen, current_user.id, clock.now())
    except (packages.NotOnOffer, packages.TooSmall, packages.AlreadyOrdered) as refused:
        db.session.rollback()
        flash(_error_message(refused))
    else:
        record_audit("package.ordered", "package_order", made.id, kind=made.kind.value, records=made.records)
        db.session.commit()
        flash(gettext("İsteğiniz bize ulaştı. Onaylanınca size e-postayla haber vereceğiz."))
    return redirect(url_for(".package"), 303)


@blueprint.post("/package/orders/<id:order_id>/take-back")
@needs(Permission.ONBOARD)
def cancel_order(order_id: int):
    """Think better of an order that still waits."""
    if not TakeBackForm().validate_on_submit():
        abort(400)
    mine = db.session.get(PackageOrder, order_id)
    if mine is None or mine.provider_id != current_user.provider_id:
        abort(404)
    try:
        packages.take_back(db.session, mine, current_user.id, clock.now())
    except packages.AlreadySettled:
        db.session.rollback()
        flash(gettext("Bu istek daha önce sonuçlandı."))
    else:
        record_audit("package.taken_back", "package_order", order_id)
        db.session.commit()
        flash(gettext("İsteğiniz geri alındı."))
    return redirect(url_for(".package"), 303)


def is_waiting(order: PackageOrder) -> bool:
    """Whether the operator still has to settle it."""
    return order.confirmed_at is None and order.declined_at is None


def _offer_of(each: Package, stands: packages.Standing) -> Offer:
    kind = packages.kind_of(read_session(), current_user.provider_id, each, clock.now())
    running = stands.package is not None and stands.package.id == each.id
    return Offer(each, ORDER_LABELS[kind], fits=each.records >= stands.used, is_running=running)


def _error_message(refused: Exception) -> str:
    if isinstance(refused, packages.NotOnOffer):
        return gettext("Bu paket artık sunulmuyor; listeden başka birini seçin.")
    if isinstance(refused, packages.TooSmall):
        return gettext("Adresleriniz bu pakete sığmıyor; daha büyüğünü seçin.")
    return gettext("Bekleyen bir isteğiniz var; önce o sonuçlanmalı ya da geri alınmalı.")
