"""The audit log of all providers and the operator, or of one provider."""

from flask import render_template, request
from sqlalchemy import select

from portal.core.extensions import read_session, vault
from portal.core.ids import LARGEST_ID
from portal.core.models import Provider
from portal.domain.audit import queries
from portal.domain.identity.operator_staff import list_staff
from portal.domain.identity.permissions import Permission
from portal.web.operator.blueprint import blueprint
from portal.web.operator.providers import visible_provider_or_404
from portal.web.shared.access import needs
from portal.web.shared.audit_view import AuditFilter, entry_views

PAGE_SIZE = 50


@blueprint.get("/audit")
@needs(Permission.AUDIT)
def audit() -> str:
    provider_id = _id_argument("provider")
    provider = visible_provider_or_404(read_session(), provider_id) if provider_id else None
    people = {each.id: each for each in list_staff(read_session())}
    if provider:
        people |= {each.id: each for each in queries.list_people(read_session(), provider.id)}
    form = AuditFilter(sorted(people.values(), key=lambda each: each.name))
    rows = queries.find_page(
        read_session(), form.wanted(provider_id), before=_id_argument("before"), limit=PAGE_SIZE + 1
    )
    entries = [
        (each, row.AuditEntry.provider_id)
        for each, row in zip(entry_views(vault(), rows[:PAGE_SIZE]), rows, strict=False)
    ]
    named = select(Provider.id, Provider.title).where(Provider.id.in_({of for _, of in entries if of}))
    return render_template(
        "operator/audit_log.html",
        form=form,
        provider=provider,
        entries=entries,
        titles=dict(read_session().execute(named).all()),
        before=rows[PAGE_SIZE - 1].AuditEntry.id if len(rows) > PAGE_SIZE else None,
        is_first="before" not in request.args,
        chosen=form.url_parameters() | ({"provider": provider.id} if provider else {}),
    )


def _id_argument(name: str) -> int | None:
    """An id in the query string; None for anything else. One too large becomes an id that no row has."""
    text = request.args.get(name, "")
    return min(int(text), LARGEST_ID) if text.isascii() and text.isdecimal() and len(text) < 30 else None
