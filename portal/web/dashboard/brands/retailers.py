"""A brand's retailers (bayi) at İYS: list and search them, add one, and remove one that no consent refers to."""

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal.core.extensions import db, limiter, read_session
from portal.core.models import Brand
from portal.core.transliteration import ascii_only
from portal.domain.identity.permissions import Permission
from portal.services.iys import retailers
from portal.services.iys.client import Client
from portal.services.iys.retailers import PAGE_SIZE, Retailer, RetailerProblem
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.brands.retailer_form import RetailerForm, RetailerRemovalForm
from portal.web.dashboard.iys.forwarding_status import is_connected
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.own_rows import own_row_or_404
from portal.web.shared.pagination import Page, requested_number

MAX_QUERY = 100  # Characters.


@blueprint.get("/brands/<id:brand_id>/retailers")
@limiter.limit(limits.RETAILERS, key_func=limits.provider_key)
@needs(Permission.CONNECT)
def list_retailers(brand_id: int) -> str:
    """The brand's retailers as İYS has them; a code searched for shows one, and offers to remove it."""
    return _render_retailers(own_row_or_404(read_session(), Brand, brand_id))


@blueprint.route("/brands/<id:brand_id>/retailers/new", methods=["GET", "POST"])
@limiter.limit(limits.RETAILERS, key_func=limits.provider_key, methods=["POST"])
@needs(Permission.CONNECT, fresh=True)
def new_retailer(brand_id: int) -> ResponseReturnValue:
    """Add a retailer at İYS. Posted again after a lost answer, it is found there, not added twice."""
    brand, form, problem = own_row_or_404(read_session(), Brand, brand_id), RetailerForm(), None
    if form.validate_on_submit():
        try:
            code = retailers.add_retailer(_client(), brand, form.wire_fields())
        except RetailerProblem as found:
            problem = found
        else:
            record_audit("retailer.added", "brand", brand_id, code=code)
            db.session.commit()
            flash(gettext("Bayi İYS'de kayıtlı. Kodu: %(code)s", code=code))
            return redirect(url_for(".list_retailers", brand_id=brand_id), 303)
    page = render_template("dashboard/brands/new_retailer.html", brand=brand, form=form, problem=problem)
    return page, 422 if form.errors or problem else 200


@blueprint.post("/brands/<id:brand_id>/retailers/removal")
@limiter.limit(limits.RETAILERS, key_func=limits.provider_key)
@needs(Permission.CONNECT, fresh=True)
def remove_retailer(brand_id: int) -> ResponseReturnValue:
    """Remove a retailer at İYS, once that is confirmed."""
    brand, form = own_row_or_404(read_session(), Brand, brand_id), RetailerRemovalForm()
    if not form.validate_on_submit():
        return _render_retailers(brand, form), 422
    code = int(form.code.data)
    try:
        retailers.remove_retailer(_client(), brand, code)
    except RetailerProblem as problem:
        return _render_retailers(brand, form, problem), 422
    record_audit("retailer.removed", "brand", brand_id, code=code)
    db.session.commit()
    flash(gettext("Bayi İYS'den silindi."))
    return redirect(url_for(".list_retailers", brand_id=brand_id), 303)


def _render_retailers(
    brand: Brand, removal: RetailerRemovalForm | None = None, problem: RetailerProblem | None = None
) -> str:
    query = request.args.get("q", "").strip()[:MAX_QUERY]
    if removal is not None:
        query = (removal.code.data or "")[:MAX_QUERY]
    page, total, connected = Page([], requested_number(), has_more=False), 0, is_connected(brand.provider_id)
    try:
        page, total = _find(brand, query, page.number) if connected else (page, total)
    except RetailerProblem as found:
        problem = problem or found
    return render_template(
        "dashboard/brands/retailers.html", brand=brand, query=query, page=page, total=total, problem=problem,
        is_connected=connected, removal_form=removal or RetailerRemovalForm(formdata=None),
    )  # fmt: skip


def _find(brand: Brand, query: str, number: int) -> tuple[Page, int]:
    """The retailers of a page, or those that a search finds on all of them; and how many there are."""
    if not query:
        found = retailers.list_retailers(_client(), brand, offset=(number - 1) * PAGE_SIZE)
        return Page(list(found.retailers), number, has_more=number * PAGE_SIZE < found.total), found.total
    if len(query) == 8 and query.isascii() and query.isdigit():
        one = retailers.find_retailer(_client(), brand, int(query))
        rows = [one] if one else []
    else:
        rows = [each for each in retailers.all_retailers(_client(), brand) if _matches(each, query)]
    return Page(rows, 1, has_more=False), len(rows)


def _matches(retailer: Retailer, query: str) -> bool:
    """Whether a retailer's names and place hold a text, whatever its case and Turkish letters."""
    its = (retailer.title, retailer.alias, retailer.name, retailer.city[1], retailer.town[1])
    return ascii_only(query).lower() in ascii_only(" ".join(its)).lower()


def _client() -> Client:
    return Client(current_app.config["IYS_BASE_URL"])
