"""What people may see of a firm since the operator approved it, each with a way to take it back."""

from flask import render_template
from sqlalchemy import select

from portal.core.display_names import fold
from portal.core.extensions import read_session
from portal.core.models import Brand, ConsentPoint, User
from portal.domain.identity.permissions import Permission
from portal.services import approvals
from portal.services.approvals import Approval
from portal.web.operator.blueprint import blueprint
from portal.web.operator.provider_page import APPROVAL_LABELS, mark_signs
from portal.web.operator.providers import requested_search, visible_provider_or_404
from portal.web.shared.access import needs
from portal.web.shared.pagination import Page, requested_number

PAGE_SIZE = 200


@blueprint.get("/providers/<id:provider_id>/approvals")
@needs(Permission.CONSOLE)
def list_approvals(provider_id: int) -> str:
    """Those that hold what is searched for, in pages."""
    provider, searched = visible_provider_or_404(read_session(), provider_id), requested_search()
    found = approvals.list_approvals(read_session(), provider)
    if searched:
        found = [each for each in found if fold(searched) in _searchable(each)]
    number = requested_number()
    start = (number - 1) * PAGE_SIZE
    shown = found[start : start + PAGE_SIZE]
    logos = select(Brand).where(Brand.provider_id == provider.id, Brand.logo_digest.is_not(None))
    slugs = select(ConsentPoint.slug).where(ConsentPoint.provider_id == provider.id)
    return render_template(
        "operator/approvals.html",
        provider=provider,
        page=Page(shown, number, len(found) > start + PAGE_SIZE),
        searched=searched,
        approval_labels=APPROVAL_LABELS,
        mark_signs=mark_signs,
        last_reviews={each.digest.hex(): each.decision for each in shown if each.decision},
        reviewers=_names_of({each.decision.made_by for each in shown if each.decision}),
        brands_by_logo={brand.logo_digest: brand for brand in read_session().scalars(logos)},
        slugs=read_session().scalars(slugs.order_by(ConsentPoint.id)).all(),
    )


def _searchable(approval: Approval) -> str:
    words = "" if approval.kind == "logo_digest" else approval.words
    return fold(f"{APPROVAL_LABELS[approval.kind]} {approval.of} {words}")


def _names_of(user_ids: set[int | None]) -> dict[int, str]:
    return dict(read_session().execute(select(User.id, User.name).where(User.id.in_(user_ids - {None}))).all())
