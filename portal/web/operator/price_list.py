"""The price list. A new price holds for later orders; earlier orders keep theirs."""

from collections.abc import Callable
from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import Package
from portal.domain.identity.permissions import Permission
from portal.web.operator.blueprint import blueprint
from portal.web.operator.forms import PackageForm
from portal.web.shared.access import needs
from portal.web.shared.signed_in_person import record_operator_audit


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
    return _commit_and_return(
        found, "package.withdrawn", _("Paket artık sunulmuyor; almış olanlar için geçerli kalır.")
    )


@blueprint.post("/packages/<id:package_id>/offer")
@needs(Permission.TARIFF)
def offer_package(package_id: int) -> ResponseReturnValue:
    found = _package_or_404(db.session, package_id)
    found.withdrawn_at = None
    return _commit_and_return(found, "package.offered", _("Paket yeniden sunuluyor."))


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
    return _commit_and_return(
        found, act, _("Paket kaydedildi."), records=found.records, price=found.price, price_before=before
    )


def _commit_and_return(found: Package, act: str, message: str, **facts: Any) -> ResponseReturnValue:
    record_operator_audit(act, "package", found.id, **facts)
    db.session.commit()
    flash(message)
    return redirect(url_for(".price_list"), 303)


def _package_or_404(session: Session, package_id: int) -> Package:
    found = session.get(Package, package_id)
    if found is None:
        abort(404)
    return found


def _render_list(form: PackageForm) -> str:
    packages = (
        read_session().scalars(select(Package).order_by(Package.withdrawn_at.is_not(None), Package.records)).all()
    )
    return render_template("operator/price_list.html", packages=packages, form=form)


def _render_package(found: Package, form: PackageForm) -> str:
    return render_template("operator/package.html", package=found, form=form)
