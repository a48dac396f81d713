"""Support for a caller or an authority: what a provider holds about one address, with a reason for each search.

A search is a POST: the result stands under its form, in no URL and no browser history.
"""

from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import addresses, clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import Provider
from portal.domain.consents import history, recipients
from portal.domain.identity.permissions import Permission
from portal.web.operator.blueprint import blueprint
from portal.web.operator.forms import ReasonedSearchForm, read_reason
from portal.web.operator.providers import visible_provider_or_404
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_operator_audit


@blueprint.route("/providers/<id:provider_id>/recipients", methods=["GET", "POST"])
@limiter.limit(limits.SEARCH, methods=["POST"], key_func=limits.person_key)
@needs(Permission.ASSIST)
def search_recipient(provider_id: int) -> ResponseReturnValue:
    """Search an address of a provider; the reason is audited, found or not."""
    provider, form = visible_provider_or_404(read_session(), provider_id), ReasonedSearchForm()
    if not form.validate_on_submit():
        return _render_search(provider, form), 422 if form.errors else 200
    try:
        address = recipients.parse_known(read_session(), vault(), provider.id, form.address.data)
    except addresses.BadAddress as bad:
        return _render_search(provider, form, problem=bad.problem), 422
    reason = read_reason(form.reason, _("Nedeni sözcüklerle yazın; adres yazmayın."))
    if form.errors:
        return _render_search(provider, form), 422
    found = recipients.find(read_session(), vault(), provider.id, address)
    if found is None:
        record_operator_audit("recipient.not_found", "provider", provider.id, provider_id=provider.id, reason=reason)
        db.session.commit()
        return _render_search(provider, form, not_found=True)
    record_operator_audit("recipient.assisted", "recipient", found.id, provider_id=provider.id, reason=reason)
    db.session.commit()
    return _render_search(
        provider,
        ReasonedSearchForm(formdata=None),  # The next search needs a reason of its own.
        address=recipients.masked_address(vault(), found),
        held_since=found.held_since,
        current_consents=history.current_consents(read_session(), found.id, clock.now()),
        decisions=history.list_decisions(read_session(), found.id, clock.now()),
    )


def _render_search(provider: Provider, form: ReasonedSearchForm, **found: Any) -> str:
    return render_template("operator/recipient_search.html", provider=provider, form=form, **found)
