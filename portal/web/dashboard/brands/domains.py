"""A brand's own hosts on the dashboard: say one, prove it by DNS, let it go."""

from flask import abort, current_app, flash, redirect, url_for
from flask_babel import gettext
from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db, limiter, reading
from portal.core.models import Domain
from portal.domain.identity.permissions import Permission
from portal.services import domains
from portal.services.domains import Seen
from portal.web.dashboard.blueprint import blueprint, note, provider_key
from portal.web.dashboard.brands.brands import mine, page_of
from portal.web.dashboard.brands.forms import DomainForm, DomainRemovalForm
from portal.web.shared import limits
from portal.web.shared.access import needs


@blueprint.post("/brands/<id:brand_id>/domains")
@limiter.limit(limits.DOMAINS, key_func=provider_key)
@needs(Permission.BRANDS)
def add_domain(brand_id: int):
    """Say that a host is the brand's; the page then shows what its DNS must say."""
    brand, form = mine(db.session, brand_id), DomainForm()
    if form.validate_on_submit():
        ours = current_app.config["HOSTS"] | current_app.config["SHORT_HOSTS"]
        try:
            made = domains.add(db.session, brand, domains.spelled(form.host.data, ours), clock.now())
        except domains.BadHost as bad:
            db.session.rollback()
            form.host.errors = [f"{gettext(bad.problem.sentence)} {gettext(bad.problem.cure)}"]
        else:
            note("domain.added", "domain", made.id, host=made.host)
            db.session.commit()
            return redirect(url_for(".brand", brand_id=brand_id), 303)
    return page_of(mine(reading(), brand_id), domain_form=form), 422


@blueprint.post("/domains/<id:domain_id>/check")
@limiter.limit(limits.DOMAINS, key_func=provider_key)
@needs(Permission.BRANDS)
def check_domain(domain_id: int):
    """Look for the record now."""
    its = _its(reading(), domain_id)
    brand_id = its.brand_id
    words = {
        Seen.FOUND: gettext("Kayıt bulundu, alan adı doğrulandı. Yeni bağlantılar bununla başlayabilir."),
        Seen.ABSENT: gettext("Kayıt henüz görünmüyor. DNS bir saat kadar gecikebilir; biz de ara ara bakacağız."),
        Seen.NO_ANSWER: gettext("Alan adınızın sunucusu yanıt vermedi. Birazdan yeniden deneyin."),
    }
    flash(words[domains.check(domain_id)])
    return redirect(url_for(".brand", brand_id=brand_id), 303)


@blueprint.post("/domains/<id:domain_id>/remove")
@needs(Permission.BRANDS)
def remove_domain(domain_id: int):
    """Let a host go. Links that begin with it open no more, so somebody must say that they know."""
    its = _its(db.session, domain_id)
    form = DomainRemovalForm()
    if its.verified_at and not form.validate_on_submit():
        return page_of(mine(reading(), its.brand_id), removal=(domain_id, form)), 422
    note("domain.removed", "domain", its.id, host=its.host)
    db.session.delete(its)
    db.session.commit()
    return redirect(url_for(".brand", brand_id=its.brand_id), 303)


def _its(session, domain_id: int) -> Domain:
    found = session.get(Domain, domain_id)
    if found is None or found.provider_id != current_user.provider_id:
        abort(404)
    return found
