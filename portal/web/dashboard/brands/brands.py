"""Brands on the dashboard: how many granted and refused, how each looks, and whether it begins anything new."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, limiter, reading
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, Domain, Provider
from portal.domain.identity.permissions import Permission
from portal.domain.providers import brands as rule
from portal.domain.providers import logos
from portal.services.domains import record_of
from portal.web.dashboard.blueprint import blueprint, note
from portal.web.dashboard.brands.forms import BrandForm, DomainForm, DomainRemovalForm, LogoForm, NewBrandForm
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.labels import label

EDITED = ("name", "header", "colour", "contact", "notice_url", "source")


@blueprint.get("/brands", endpoint="brands")
@needs(Permission.LOOK)
def show_brands():
    """All brands with what people decided."""
    mine = select(Brand).where(Brand.provider_id == current_user.provider_id)
    found = reading().scalars(mine.order_by(Brand.closed_at.is_not(None), Brand.name)).all()
    counts = rule.counts(reading(), current_user.provider_id)
    nothing = dict.fromkeys(Channel, rule.Count())
    listed = [(brand, nothing | counts.get(brand.id, {})) for brand in found]
    return render_template(
        "dashboard/brands/brands.html", brands=listed, channels=list(Channel), names=list(map(label, Channel))
    )


@blueprint.route("/brands/new", methods=["GET", "POST"])
@needs(Permission.BRANDS)
def new_brand():
    """Bring a brand. One that practises gets a number of ours."""
    provider = reading().get_one(Provider, current_user.provider_id)
    form = NewBrandForm()
    if not rule.has_codes_of_its_own(provider):
        del form.code
    if form.validate_on_submit():
        made = _opened(form)
        if made is not None:
            note("brand.opened", "brand", made.id, code=made.brand_code)
            db.session.commit()
            return redirect(url_for(".brand", brand_id=made.id), 303)
    shown = render_template("dashboard/brands/new_brand.html", form=form, to_bring=rule.to_bring(reading(), provider))
    return shown, 422 if form.errors else 200


def _opened(form: NewBrandForm) -> Brand | None:
    """The brand, or None with what is wrong said beside its field."""
    provider = db.session.get_one(Provider, current_user.provider_id)
    code = int(form.code.data) if form.code else None
    try:
        return rule.open_brand(db.session, provider, name=form.name.data.strip(), code=code, at=clock.now())
    except rule.CodeTaken:
        wrong = gettext("Bu kod burada başka bir markanın. Kodu kontrol edin; sizinse bize yazın.")
    except rule.CodeNotListed:
        wrong = gettext("İYS bu kodu markalarınız arasında göstermedi. Bağlantı sayfasından yeniden deneyin.")
    db.session.rollback()
    form.code.errors = [wrong]
    return None


@blueprint.get("/brands/<id:brand_id>")
@needs(Permission.LOOK)
def brand(brand_id: int):
    """One brand: how it looks, its hosts."""
    return page_of(mine(reading(), brand_id))


@blueprint.post("/brands/<id:brand_id>")
@needs(Permission.BRANDS)
def change_brand(brand_id: int):
    """Change how it looks to people; what was shown before stays as it was shown."""
    its, form = mine(db.session, brand_id), BrandForm()
    if not form.validate_on_submit():
        return page_of(its, form=form), 422
    changed = []
    for name in EDITED:
        value = (form[name].data or "").strip() or None
        if value != getattr(its, name):
            setattr(its, name, value)
            changed.append(name)
    if form.requires_name.data != its.requires_name:
        its.requires_name = form.requires_name.data
        changed.append("requires_name")
    if changed:
        note("brand.changed", "brand", its.id, fields=changed)
        db.session.commit()
    flash(gettext("Kaydedildi."))
    return redirect(url_for(".brand", brand_id=brand_id), 303)


@blueprint.post("/brands/<id:brand_id>/logo")
@limiter.limit(limits.UPLOAD)
@needs(Permission.BRANDS)
def put_logo(brand_id: int):
    """Take a picture as the logo."""
    its, upload = mine(db.session, brand_id), request.files.get("logo")
    if not LogoForm().validate_on_submit():
        abort(400)
    try:
        made = logos.read(upload.read(logos.LARGEST_UPLOAD + 1) if upload and upload.filename else b"")
    except logos.BadLogo as bad:
        return page_of(its, logo_problem=bad.problem), 422
    its.logo, its.logo_digest = made.png, made.digest
    note("brand.logo_put", "brand", its.id)
    db.session.commit()
    return redirect(url_for(".brand", brand_id=brand_id), 303)


@blueprint.post("/brands/<id:brand_id>/logo/remove")
@needs(Permission.BRANDS)
def remove_logo(brand_id: int):
    """Show the name alone."""
    its = mine(db.session, brand_id)
    its.logo = its.logo_digest = None
    note("brand.logo_removed", "brand", its.id)
    db.session.commit()
    return redirect(url_for(".brand", brand_id=brand_id), 303)


@blueprint.post("/brands/<id:brand_id>/close")
@needs(Permission.BRANDS)
def close_brand(brand_id: int):
    """Begin nothing new for it."""
    its = mine(db.session, brand_id)
    rule.close(its, clock.now())
    note("brand.closed", "brand", its.id)
    db.session.commit()
    return redirect(url_for(".brand", brand_id=brand_id), 303)


@blueprint.post("/brands/<id:brand_id>/open")
@needs(Permission.BRANDS)
def reopen_brand(brand_id: int):
    """Let it begin anew."""
    its = mine(db.session, brand_id)
    try:
        rule.reopen(db.session, its)
    except rule.Practised:
        abort(409)
    note("brand.reopened", "brand", its.id)
    db.session.commit()
    return redirect(url_for(".brand", brand_id=brand_id), 303)


def mine(session, brand_id: int) -> Brand:
    """A brand of the signed-in person's provider, or 404."""
    found = session.get(Brand, brand_id)
    if found is None or found.provider_id != current_user.provider_id:
        abort(404)
    return found


def page_of(its: Brand, *, form=None, domain_form=None, removal=None, logo_problem=None) -> str:
    """The page of one brand, with the words of a form that came back."""
    values = {name: getattr(its, name) for name in (*EDITED, "requires_name")}
    domains = select(Domain).where(Domain.brand_id == its.id).order_by(Domain.created_at)
    provider = reading().get_one(Provider, its.provider_id)
    return render_template(
        "dashboard/brands/brand.html",
        brand=its,
        provider=provider,
        form=form or BrandForm(formdata=None, data=values | {"source": its.source or ""}),
        logo_form=LogoForm(formdata=None),
        logo_problem=logo_problem,
        domains=reading().scalars(domains).all(),
        domain_form=domain_form or DomainForm(formdata=None),
        removal=removal,
        removal_form=DomainRemovalForm(formdata=None),
        record_of=record_of,
        is_left=its.is_sandbox and not provider.is_practising,
    )
