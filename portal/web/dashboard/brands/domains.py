"""A brand's own hosts: name one, prove it by DNS, remove it."""

from flask import current_app, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal.core import clock
from portal.core.extensions import db, limiter, read_session
from portal.core.models import Brand, Domain
from portal.domain.identity.permissions import Permission
from portal.services import domains
from portal.services.domains import CheckResult
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.brands.brands import render_brand
from portal.web.dashboard.brands.forms import DomainForm, DomainRemovalForm
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.signed_in_person import own_row_or_404, provider_key, record_audit


@blueprint.post("/brands/<id:brand_id>/domains")
@limiter.limit(limits.DOMAINS, key_func=provider_key)
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
    return render_brand(own_row_or_404(read_session(), Brand, brand_id), domain_form=form), 422


@blueprint.post("/domains/<id:domain_id>/check")
@limiter.limit(limits.DOMAINS, key_func=provider_key)
@needs(Permission.BRANDS)
def check_domain(domain_id: int) -> ResponseReturnValue:
    brand_id = own_row_or_404(read_session(), Domain, domain_id).brand_id
    messages = {
        CheckResult.FOUND: gettext("Kayıt bulundu, alan adı doğrulandı. Yeni bağlantılar bununla başlayabilir."),
        CheckResult.ABSENT: gettext(
            "Kayıt henüz görünmüyor. DNS bir saat kadar gecikebilir; biz de ara ara bakacağız."
        ),
        CheckResult.NO_ANSWER: gettext("Alan adınızın sunucusu yanıt vermedi. Birazdan yeniden deneyin."),
    }
    flash(messages[domains.check(domain_id)])
    return redirect(url_for(".show_brand", brand_id=brand_id), 303)


@blueprint.post("/domains/<id:domain_id>/remove")
@needs(Permission.BRANDS)
def remove_domain(domain_id: int) -> ResponseReturnValue:
    """Remove a host. Its links stop working, so a verified one needs a confirmation."""
    domain = own_row_or_404(db.session, Domain, domain_id)
    form = DomainRemovalForm()
    if domain.verified_at and not form.validate_on_submit():
        return render_brand(own_row_or_404(read_session(), Brand, domain.brand_id), removal=(domain_id, form)), 422
    record_audit("domain.removed", "domain", domain.id, host=domain.host)
    db.session.delete(domain)
    db.session.commit()
    return redirect(url_for(".show_brand", brand_id=domain.brand_id), 303)
