"""The provider's package: usage, İYS's own price, and orders to the operator."""

from flask import abort, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import HiddenField

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.ids import parse_id
from portal.core.models import OrderKind, Package, PackageOrder
from portal.domain import packages
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.blueprint import blueprint
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.forms import BaseForm, CsrfForm
from portal.web.shared.own_rows import own_row_or_404
from portal.web.shared.redirects import commit_and_redirect, rollback_and_redirect

ORDER_LABELS = {
    OrderKind.FIRST: _l("Bu paketi iste"),
    OrderKind.RENEWAL: _l("Bir yıl iste"),
    OrderKind.UPGRADE: _l("Yükselt"),
}
ERROR_MESSAGES: dict[type[Exception], str] = {
    packages.NotOnOffer: _l("Bu paket artık sunulmuyor; listeden başka birini seçin."),
    packages.TooSmall: _l("Adresleriniz bu pakete sığmıyor; daha büyüğünü seçin."),
    packages.AlreadyOrdered: _l("Bekleyen bir isteğiniz var; önce o sonuçlanmalı ya da geri alınmalı."),
}


class OrderForm(BaseForm):
    package = HiddenField()


@blueprint.get("/package")
@needs(Permission.LOOK)
def package() -> str:
    standing = packages.measure_usage(read_session(), current_user.provider, clock.now())
    orders = packages.list_orders(read_session(), current_user.provider_id)
    return render_template(
        "dashboard/onboarding/package.html",
        standing=standing,
        offers=[_offer_of(each, standing) for each in packages.list_offered(read_session())],
        orders=orders,
        waiting=next((order for order, _name in orders if _is_waiting(order)), None),
        is_exempt=standing.iys_count is None,
    )


@blueprint.post("/package/orders")
@needs(Permission.ONBOARD)
def order_package() -> ResponseReturnValue:
    form = OrderForm()
    if not form.validate_on_submit():
        abort(400)
    package_id = parse_id(form.package.data or "")
    chosen = db.session.get(Package, package_id) if package_id is not None else None
    if chosen is None:
        abort(404)
    try:
        order = packages.place_order(db.session, current_user.provider, chosen, current_user.id, clock.now())
    except tuple(ERROR_MESSAGES) as refused:
        return rollback_and_redirect(url_for(".package"), ERROR_MESSAGES[type(refused)])
    record_audit("package.ordered", "package_order", order.id, kind=order.kind.value, records=order.records)
    message = _("İsteğiniz bize ulaştı. Onaylanınca size e-postayla haber vereceğiz.")
    return commit_and_redirect(url_for(".package"), message)


@blueprint.post("/package/orders/<id:order_id>/take-back")
@needs(Permission.ONBOARD)
def cancel_order(order_id: int) -> ResponseReturnValue:
    if not CsrfForm().validate_on_submit():
        abort(400)
    order = own_row_or_404(db.session, PackageOrder, order_id)
    try:
        packages.cancel(db.session, order, current_user.id, clock.now())
    except packages.AlreadyClosed:
        return rollback_and_redirect(url_for(".package"), _("Bu istek daha önce sonuçlandı."))
    record_audit("package.taken_back", "package_order", order_id)
    return commit_and_redirect(url_for(".package"), _("İsteğiniz geri alındı."))


def _is_waiting(order: PackageOrder) -> bool:
    return order.confirmed_at is None and order.declined_at is None


def _offer_of(package: Package, standing: packages.PackageUsage) -> tuple[Package, str, bool, bool]:
    """One line of the price list: the package, the button's label, whether it is large enough, whether it runs now."""
    kind = packages.order_kind(read_session(), current_user.provider_id, package, clock.now())
    is_running = standing.package is not None and standing.package.id == package.id
    return package, ORDER_LABELS[kind], package.records >= standing.used, is_running
