"""Brands on the dashboard: their counts of grants and refusals, their look, and closing them."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, limiter, read_session
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, Domain, Provider
from portal.domain.identity.permissions import Permission
from portal.domain.providers import brands as rule
from portal.domain.providers import logos
from portal.services.domains import record_name
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.brands.forms import BrandForm, DomainForm, DomainRemovalForm, LogoForm, NewBrandForm
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.labels import label
from portal.web.shared.signed_in_person import current_provider, own_row_or_404, record_audit

EDITABLE_FIELDS = ("name", "header", "colour", "contact", "notice_url", "source")


@blueprint.get("/brands", endpoint="brands")
@needs(Permission.LOOK)
def show_brands() -> str:
    own_brands = select(Brand).where(Brand.provider_id == current_user.provider_id)
    found = read_session().scalars(own_brands.order_by(Brand.closed_at.is_not(None), Brand.name))
    counts = rule.count_addresses(read_session(), current_user.provider_id)
    no_counts = dict.fromkeys(Channel, rule.AddressCount())
    listed = [(brand, no_counts | counts.get(brand.id, {})) for brand in found]
    return render_template(
        "dashboard/brands/brands.html", brands=listed, channels=list(Channel), names=list(map(label, Channel))
    )


@blueprint.route("/brands/new", methods=["GET", "POST"])
@needs(Permission.BRANDS)
def new_brand() -> ResponseReturnValue:
    """Open a brand. In sandbox mode it gets a code of ours."""
    provider = read_session().get_one(Provider, current_user.provider_id)
    form = NewBrandForm()
    if not rule.has_own_codes(provider):
        del form.code
    if form.validate_on_submit():
        brand = _open_brand(form)
        if brand is not None:
            record_audit("brand.opened", "brand", brand.id, code=brand.brand_code)
            db.session.commit()
            return redirect(url_for(".show_brand", brand_id=brand.id), 303)
    page = render_template(
        "dashboard/brands/new_brand.html", form=form, to_bring=rule.brands_to_import(read_session(), provider)
    )
    return page, 422 if form.errors else 200


def _open_brand(form: NewBrandForm) -> Brand | None:
    """The new brand, or None and an error on the code field."""
    code = int(form.code.data) if form.code else None
    try:
        return rule.open_brand(db.session, current_provider(), name=form.name.data.strip(), code=code, at=clock.now())
    except rule.CodeTaken:
        message = gettext("Bu kod burada başka bir markanın. Kodu kontrol edin; sizinse bize yazın.")
    except rule.CodeNotListed:
        message = gettext("İYS bu kodu markalarınız arasında göstermedi. Bağlantı sayfasından yeniden deneyin.")
    db.session.rollback()
    form.code.errors = [message]
    return None


@blueprint.get("/brands/<id:brand_id>")
@needs(Permission.LOOK)
def show_brand(brand_id: int) -> str:
    return render_brand(own_row_or_404(read_session(), Brand, brand_id))


@blueprint.post("/brands/<id:brand_id>")
@needs(Permission.BRANDS)
def change_brand(brand_id: int) -> ResponseReturnValue:
    """Change how the brand looks to people; what was shown before stays as it was shown."""
    brand, form = own_row_or_404(db.session, Brand, brand_id), BrandForm()
    if not form.validate_on_submit():
        return render_brand(brand, form=form), 422
    values = {name: (form[name].data or "").strip() or None for name in EDITABLE_FIELDS}
    values["requires_name"] = form.requires_name.data
    changed = [name for name, value in values.items() if value != getattr(brand, name)]
    for name in changed:
        setattr(brand, name, values[name])
    if changed:
        record_audit("brand.changed", "brand", brand.id, fields=changed)
        db.session.commit()
    flash(gettext("Kaydedildi."))
    return redirect(url_for(".show_brand", brand_id=brand_id), 303)


@blueprint.post("/brands/<id:brand_id>/logo")
@limiter.limit(limits.UPLOAD)
@needs(Permission.BRANDS)
def upload_logo(brand_id: int) -> ResponseReturnValue:
    brand, upload = own_row_or_404(db.session, Brand, brand_id), request.files.get("logo")
    if not LogoForm().validate_on_submit():
        abort(400)
    try:
        logo = logos.convert_logo(upload.read(logos.LARGEST_UPLOAD + 1) if upload and upload.filename else b"")
    except logos.BadLogo as bad:
        return render_brand(brand, logo_problem=bad.problem), 422
    brand.logo, brand.logo_digest = logo.png, logo.digest
    record_audit("brand.logo_put", "brand", brand.id)
    db.session.commit()
    return redirect(url_for(".show_brand", brand_id=brand_id), 303)


@blueprint.post("/brands/<id:brand_id>/logo/remove")
@needs(Permission.BRANDS)
def remove_logo(brand_id: int) -> ResponseReturnValue:
    brand = own_row_or_404(db.session, Brand, brand_id)
    brand.logo = brand.logo_digest = None
    record_audit("brand.logo_removed", "brand", brand.id)
    db.session.commit()
    return redirect(url_for(".show_brand", brand_id=brand_id), 303)


@blueprint.post("/brands/<id:brand_id>/close")
@needs(Permission.BRANDS)
def close_brand(brand_id: int) -> ResponseReturnValue:
    """Begin nothing new for the brand."""
    brand = own_row_or_404(db.session, Brand, brand_id)
    rule.close_brand(brand, clock.now())
    record_audit("brand.closed", "brand", brand.id)
    db.session.commit()
    return redirect(url_for(".show_brand", brand_id=brand_id), 303)


@blueprint.post("/brands/<id:brand_id>/open")
@needs(Permission.BRANDS)
def reopen_brand(brand_id: int) -> ResponseReturnValue:
    brand = own_row_or_404(db.session, Brand, brand_id)
    try:
        rule.reopen_brand(db.session, brand)
    except rule.SandboxBrand:
        abort(409)
    record_audit("brand.reopened", "brand", brand.id)
    db.session.commit()
    return redirect(url_for(".show_brand", brand_id=brand_id), 303)


def render_brand(
    brand: Brand,
    *,
    form: BrandForm | None = None,
    domain_form: DomainForm | None = None,
    removal: tuple[int, DomainRemovalForm] | None = None,
    logo_problem: logos.LogoProblem | None = None,
) -> str:
    """The page of one brand, with a form that came back with errors."""
    values = {name: getattr(brand, name) for name in (*EDITABLE_FIELDS, "requires_name")}
    domains = select(Domain).where(Domain.brand_id == brand.id).order_by(Domain.created_at)
    provider = read_session().get_one(Provider, brand.provider_id)
    return render_template(
        "dashboard/brands/brand.html",
        brand=brand,
        provider=provider,
        form=form or BrandForm(formdata=None, data=values | {"source": brand.source or ""}),
        logo_form=LogoForm(formdata=None),
        logo_problem=logo_problem,
        domains=read_session().scalars(domains).all(),
        domain_form=domain_form or DomainForm(formdata=None),
        removal=removal,
        removal_form=DomainRemovalForm(formdata=None),
        record_of=record_name,
        is_left=brand.is_sandbox and not provider.in_sandbox_mode,
    )
