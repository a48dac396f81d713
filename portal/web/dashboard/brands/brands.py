"""Brands on the dashboard: their counts of grants and refusals, their look, their own hosts, and closing them."""

from urllib.parse import urlsplit

from flask import Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, Domain, Provider
from portal.domain.identity.permissions import Permission
from portal.domain.notifications.reply_numbers import named_number, takes_replies
from portal.domain.providers import brand_requests, domain_reviews, logos, onboarding, sandbox_mode
from portal.domain.providers import brands as rule
from portal.domain.replies import keywords
from portal.services import domains
from portal.services.domains import CheckResult, record_name
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.brands.forms import BrandForm, DomainForm, LogoForm, NewBrandForm
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.body_limits import SMALL, max_bytes
from portal.web.shared.labels import label
from portal.web.shared.own_rows import current_provider, lock_provider, own_row_or_404, select_own_brands
from portal.web.shared.pagination import requested_page

PAGE_SIZE = 200
EDITABLE_FIELDS = ("name", "header", "keyword", "reply_number", "colour", "contact", "notice_url", "source")
SAVED = (*EDITABLE_FIELDS, "requires_name", "sms_in_turkish", *(f"requested_{name}" for name in brand_requests.WORDS))


@blueprint.get("/brands", endpoint="brands")
@needs(Permission.LOOK)
def show_brands() -> str:
    counts = rule.count_addresses(read_session(), current_user.provider_id)
    no_counts = dict.fromkeys(Channel, rule.AddressCount())
    page = requested_page(select_own_brands(), PAGE_SIZE, lambda brand: (brand, no_counts | counts.get(brand.id, {})))
    return render_template(
        "dashboard/brands/brands.html", page=page, channels=list(Channel), names=list(map(label, Channel))
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
    except sandbox_mode.CodeTaken:
        message = gettext("Bu kod burada başka bir markanın. Kodu kontrol edin; sizinse bize yazın.")
    except rule.CodeNotListed:
        message = gettext("İYS bu kodu markalarınız arasında göstermedi. Bağlantı sayfasından yeniden deneyin.")
    db.session.rollback()
    form.code.errors = [message]
    return None


@blueprint.get("/brands/<id:brand_id>")
@needs(Permission.LOOK)
def show_brand(brand_id: int) -> str:
    return _render_brand(own_row_or_404(read_session(), Brand, brand_id))


@blueprint.post("/brands/<id:brand_id>")
@needs(Permission.BRANDS)
def change_brand(brand_id: int) -> ResponseReturnValue:
    """Change how the brand looks to people; what was shown before stays as it was shown."""
    brand, form = own_row_or_404(db.session, Brand, brand_id), BrandForm()
    if not form.validate_on_submit():
        return _render_brand(brand, form=form), 422
    provider = lock_provider()
    db.session.refresh(brand)  # The operator may have settled its request meanwhile.
    before = {name: getattr(brand, name) for name in SAVED}
    values = {name: (form[name].data or "").strip() or None for name in EDITABLE_FIELDS}
    if keywords.is_taken(db.session, brand, values["keyword"]):
        form.keyword.errors = [gettext("Bu sözcük başka bir markanızın. Başka bir sözcük yazın.")]
        return _render_brand(brand, form=form), 422
    number = values["reply_number"]
    known = brand.reply_number, brand.requested_reply_number
    if number and number not in known and not takes_replies(db.session, vault(), provider.id, number, clock.now()):
        form.reply_number.errors = [gettext("Bu numaraya yazılmış bir SMS bize henüz gelmedi. Yazıp deneyin.")]
        return _render_brand(brand, form=form), 422
    brand.colour, brand.source = values["colour"], values["source"]
    brand.requires_name, brand.sms_in_turkish = form.requires_name.data, form.sms_in_turkish.data
    wanted = {name: values[name] for name in brand_requests.WORDS}
    notices = brand_requests.reviewed_notices(db.session, provider)
    brand_requests.request_change(provider, brand, wanted, notices=notices, at=clock.now())
    changed = sorted({name.removeprefix("requested_") for name in SAVED if getattr(brand, name) != before[name]})
    if changed:
        _withdraw_request(provider)
        record_audit("brand.changed", "brand", brand.id, fields=changed)
        db.session.commit()
    if brand.requested_at:
        flash(gettext("Kaydedildi. Onay bekleyenler biz onaylayınca görünür; o zamana kadar eskileri."))
    else:
        flash(gettext("Kaydedildi."))
    return redirect(url_for(".show_brand", brand_id=brand_id), 303)


@blueprint.post("/brands/<id:brand_id>/logo")
@limiter.limit(limits.UPLOAD)
@max_bytes(logos.LARGEST_UPLOAD + SMALL)
@needs(Permission.BRANDS)
def upload_logo(brand_id: int) -> ResponseReturnValue:
    brand, upload = own_row_or_404(db.session, Brand, brand_id), request.files.get("logo")
    if not LogoForm().validate_on_submit():
        abort(400)
    try:
        logo = logos.convert_logo(upload.read(logos.LARGEST_UPLOAD + 1) if upload and upload.filename else b"")
    except logos.BadLogo as bad:
        return _render_brand(brand, logo_problem=bad.problem), 422
    provider = lock_provider()
    _withdraw_request(provider)
    brand_requests.request_logo(provider, brand, logo, clock.now())
    return _commit_act("brand.logo_put", brand)


@blueprint.get("/brands/<id:brand_id>/logo.png")
@needs(Permission.LOOK)
def brand_logo(brand_id: int) -> ResponseReturnValue:
    """The logo as its own people see it; in sandbox mode nobody else does."""
    brand = own_row_or_404(read_session(), Brand, brand_id)
    return Response(brand.logo or abort(404), mimetype="image/png")


@blueprint.post("/brands/<id:brand_id>/logo/remove")
@needs(Permission.BRANDS)
def remove_logo(brand_id: int) -> ResponseReturnValue:
    brand = own_row_or_404(db.session, Brand, brand_id)
    _withdraw_request(lock_provider())
    brand_requests.remove_logo(brand, clock.now())
    return _commit_act("brand.logo_removed", brand)


@blueprint.post("/brands/<id:brand_id>/close")
@needs(Permission.BRANDS)
def close_brand(brand_id: int) -> ResponseReturnValue:
    """Begin nothing new for the brand."""
    brand = own_row_or_404(db.session, Brand, brand_id)
    rule.close_brand(brand, clock.now())
    return _commit_act("brand.closed", brand)


@blueprint.post("/brands/<id:brand_id>/open")
@needs(Permission.BRANDS)
def reopen_brand(brand_id: int) -> ResponseReturnValue:
    brand = own_row_or_404(db.session, Brand, brand_id)
    try:
        rule.reopen_brand(db.session, brand, clock.now())
    except rule.SandboxBrand:
        abort(409)
    return _commit_act("brand.reopened", brand)


def _withdraw_request(provider: Provider) -> None:
    """The master brand will look like the one of sandbox mode, which the operator reviews."""
    if onboarding.withdraw_request(provider):
        flash(gettext("Marka değiştiği için İYS'ye geçiş başvurunuzu yeniden gönderin."))


def _commit_act(act: str, brand: Brand) -> ResponseReturnValue:
    record_audit(act, "brand", brand.id)
    db.session.commit()
    return redirect(url_for(".show_brand", brand_id=brand.id), 303)


@blueprint.post("/brands/<id:brand_id>/domains")
@limiter.limit(limits.DOMAINS, key_func=limits.provider_key)
@needs(Permission.BRANDS)
def add_domain(brand_id: int) -> ResponseReturnValue:
    """Name a host of the brand; the page then shows the DNS record that proves it."""
    brand, form = own_row_or_404(db.session, Brand, brand_id), DomainForm()
    if form.validate_on_submit():
        own_hosts = current_app.config["HOSTS"] | current_app.config["SHORT_HOSTS"]
        try:
            added = domains.add(db.session, brand, domains.normalize_host(form.host.data, own_hosts), clock.now())
        except domains.BadHost as bad:
            db.session.rollback()
            form.host.errors = [f"{gettext(bad.problem.sentence)} {gettext(bad.problem.cure)}"]
        else:
            record_audit("domain.added", "domain", added.id, host=added.host)
            db.session.commit()
            return redirect(url_for(".show_brand", brand_id=brand_id), 303)
    return _render_brand(own_row_or_404(read_session(), Brand, brand_id), domain_form=form), 422


@blueprint.post("/domains/<id:domain_id>/check")
@limiter.limit(limits.DOMAINS, key_func=limits.provider_key)
@needs(Permission.BRANDS)
def check_domain(domain_id: int) -> ResponseReturnValue:
    brand_id = own_row_or_404(read_session(), Domain, domain_id).brand_id
    messages = {
        CheckResult.FOUND: gettext("Kayıt bulundu. Biz de adı onaylayınca yeni bağlantılar bununla başlar."),
        CheckResult.UNREACHED: gettext(
            "Kayıt bulundu, ama bu ad henüz bize gelmiyor. Ne yapmanız gerektiği adın altında yazıyor."
        ),
        CheckResult.ABSENT: gettext(
            "Kayıt henüz görünmüyor. DNS bir saat kadar gecikebilir; biz de ara ara bakacağız."
        ),
        CheckResult.TAKEN: gettext(
            "Kayıt bulundu, ama bu alan adı başka bir marka için doğrulanmış. Sizinse onu orada kaldırın ya da bize "
            "yazın."
        ),
        CheckResult.NO_ANSWER: gettext("Alan adınızın sunucusu yanıt vermedi. Birazdan yeniden deneyin."),
    }
    flash(messages[domains.check(domain_id)])
    return redirect(url_for(".show_brand", brand_id=brand_id), 303)


@blueprint.post("/domains/<id:domain_id>/remove")
@needs(Permission.BRANDS)
def remove_domain(domain_id: int) -> ResponseReturnValue:
    """Begin no more links with a host; those that are out open."""
    domain = own_row_or_404(db.session, Domain, domain_id)
    brand_id = domain.brand_id
    record_audit("domain.removed", "domain", domain.id, host=domain.host)
    domains.remove(db.session, domain, clock.now())
    db.session.commit()
    return redirect(url_for(".show_brand", brand_id=brand_id), 303)


def _render_brand(
    brand: Brand,
    *,
    form: BrandForm | None = None,
    domain_form: DomainForm | None = None,
    logo_problem: logos.LogoProblem | None = None,
) -> str:
    """The page of one brand, with a form that came back with errors."""
    values = {name: getattr(brand, name) for name in (*EDITABLE_FIELDS, "requires_name", "sms_in_turkish")}
    values |= {name: getattr(brand, f"requested_{name}") or getattr(brand, name) for name in brand_requests.WORDS}
    domains = select(Domain).where(Domain.brand_id == brand.id).order_by(Domain.created_at)
    provider = read_session().get_one(Provider, brand.provider_id)
    return render_template(
        "dashboard/brands/brand.html",
        brand=brand,
        provider=provider,
        form=form or BrandForm(formdata=None, data=values | {"source": brand.source or ""}),
        logo_form=LogoForm(formdata=None),
        logo_problem=logo_problem,
        domains=[each for each in read_session().scalars(domains) if each.removed_at is None],
        unreached=domain_reviews.UNREACHED,
        number_lost=bool(brand.reply_number) and not named_number(read_session(), vault(), brand, clock.now()),
        link_host=urlsplit(current_app.config["LINK_BASE"]).hostname,
        removed_hosts=[each.host for each in read_session().scalars(domains) if each.removed_at and each.verified_at],
        domain_form=domain_form or DomainForm(formdata=None),
        record_of=record_name,
        is_approved=lambda domain: domain_reviews.is_approved(read_session(), domain),
        requested=brand_requests.requested_changes(brand),
        is_left=brand.is_sandbox and not provider.in_sandbox_mode,
    )
