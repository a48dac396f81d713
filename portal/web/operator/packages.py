"""The price list, and orders of packages: the operator confirms one from a day, or declines it with a reason."""

from collections.abc import Callable

from flask import abort, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import MailKind, Package, PackageOrder, Provider
from portal.domain import packages
from portal.domain.identity.permissions import Permission
from portal.web.operator.blueprint import blueprint
from portal.web.operator.forms import ConfirmationForm, DeclineForm, PackageForm
from portal.web.operator.providers import visible_provider_or_404
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_operator_audit
from portal.web.shared.owner_notifications import notify_owners
from portal.web.shared.redirects import commit_and_redirect, rollback_and_redirect

ALREADY_SETTLED = _l("Bu sipariş bu arada sonuçlanmış.")


@blueprint.get("/packages")
@needs(Permission.TARIFF)
def price_list() -> ResponseReturnValue:
    return _render_list(PackageForm(formdata=None))


@blueprint.post("/packages")
@needs(Permission.TARIFF)
def add_package() -> ResponseReturnValue:
    form = PackageForm()
    if not form.validate_on_submit():
        return _render_list(form), 422
    return _save(Package(created_at=clock.now()), form, "package.added", lambda: _render_list(form))


@blueprint.get("/packages/<id:package_id>")
@needs(Permission.TARIFF)
def package(package_id: int) -> ResponseReturnValue:
    found = _package_or_404(read_session(), package_id)
    return _render_package(found, PackageForm(formdata=None, obj=found))


@blueprint.post("/packages/<id:package_id>")
@needs(Permission.TARIFF)
def change_package(package_id: int) -> ResponseReturnValue:
    """Change a package for later orders."""
    found, form = _package_or_404(db.session, package_id), PackageForm()
    if not form.validate_on_submit():
        return _render_package(found, form), 422
    return _save(
        found, form, "package.changed", lambda: _render_package(_package_or_404(read_session(), package_id), form)
    )


@blueprint.post("/packages/<id:package_id>/withdrawal")
@needs(Permission.TARIFF)
def withdraw_package(package_id: int) -> ResponseReturnValue:
    """Stop offering a package; those who have it keep it."""
    found = _package_or_404(db.session, package_id)
    found.withdrawn_at = found.withdrawn_at or clock.now()
    record_operator_audit("package.withdrawn", "package", found.id)
    return commit_and_redirect(url_for(".price_list"), _("Paket artık sunulmuyor; almış olanlar için geçerli kalır."))


@blueprint.post("/packages/<id:package_id>/offer")
@needs(Permission.TARIFF)
def offer_package(package_id: int) -> ResponseReturnValue:
    found = _package_or_404(db.session, package_id)
    found.withdrawn_at = None
    record_operator_audit("package.offered", "package", found.id)
    return commit_and_redirect(url_for(".price_list"), _("Paket yeniden sunuluyor."))


def _save(found: Package, form: PackageForm, act: str, render_again: Callable[[], str]) -> ResponseReturnValue:
    before = found.price
    found.name, found.records, found.price = form.name.data.strip(), form.records.data, form.price.data
    db.session.add(found)
    try:
        db.session.flush()
    except IntegrityError:  # Another package has the name.
        db.session.rollback()
        form.name.errors = [_("Bu adla bir paket var. Başka bir ad yazın.")]
        return render_again(), 422
    facts = {"records": found.records, "price": found.price, "price_before": before}
    record_operator_audit(act, "package", found.id, **facts)
    return commit_and_redirect(url_for(".price_list"), _("Paket kaydedildi."))


def _package_or_404(session: Session, package_id: int) -> Package:
    return session.get(Package, package_id) or abort(404)


def _render_list(form: PackageForm) -> str:
    offered_first = select(Package).order_by(Package.withdrawn_at.is_not(None), Package.records)
    return render_template("operator/price_list.html", packages=read_session().scalars(offered_first).all(), form=form)


def _render_package(found: Package, form: PackageForm) -> str:
    return render_template("operator/package.html", package=found, form=form)


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
        return rollback_and_redirect(url_for(".orders"), ALREADY_SETTLED)
    _tell_owners(order, "order.confirmed", is_confirmed=True)
    return commit_and_redirect(url_for(".orders"), _("Sipariş onaylandı; sahiplerine yazıldı."))


@blueprint.post("/orders/<id:order_id>/decline")
@needs(Permission.REVIEW)
def decline_order(order_id: int) -> ResponseReturnValue:
    order, form = _order_or_404(order_id), DeclineForm()
    if not form.validate_on_submit():
        return _render_orders(declining=form, wrong_id=order_id), 422
    try:
        packages.decline(db.session, order, current_user.id, form.note.data.strip(), clock.now())
    except packages.AlreadyClosed:
        return rollback_and_redirect(url_for(".orders"), ALREADY_SETTLED)
    _tell_owners(order, "order.declined", is_confirmed=False)
    return commit_and_redirect(url_for(".orders"), _("Sipariş geri çevrildi; sahiplerine yazıldı."))


def _tell_owners(order: PackageOrder, act: str, *, is_confirmed: bool) -> None:
    """Mail the provider's owners about the outcome, and audit it."""
    provider = db.session.get_one(Provider, order.provider_id)
    package = db.session.get_one(Package, order.package_id)
    notify_owners(
        provider, MailKind.ORDER_SETTLED, package=package.name, is_confirmed=is_confirmed,
        link=absolute_url("dashboard.package"),
    )  # fmt: skip
    record_operator_audit(act, "package_order", order.id, provider_id=provider.id, package=package.name)


def _order_or_404(order_id: int) -> PackageOrder:
    found = db.session.get(PackageOrder, order_id) or abort(404)
    visible_provider_or_404(db.session, found.provider_id)
    return found


def _render_orders(
    *, confirming: ConfirmationForm | None = None, declining: DeclineForm | None = None, wrong_id=None
) -> str:
    at = clock.now()
    orders = [
        (
            order,
            read_session().get_one(Provider, order.provider_id).title,
            read_session().get_one(Package, order.package_id).name,
            packages.suggest_start(read_session(), order, at),
        )
        for order in packages.list_waiting_orders(read_session())
    ]
    return render_template(
        "operator/orders.html",
        orders=orders,
        confirming=confirming or ConfirmationForm(formdata=None),
        declining=declining or DeclineForm(formdata=None),
        wrong_id=wrong_id,
    )
