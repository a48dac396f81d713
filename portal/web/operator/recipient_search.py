"""Support for a caller or an authority: what a provider holds of one address, with a reason each time.

Looking is an act here: the answer stands under the form that asked, in no address and no history. Nothing is changed.
"""

from flask import render_template
from flask_babel import gettext as _

from portal.core import addresses, clock
from portal.core.addresses import HIDDEN, hide_in
from portal.core.extensions import db, limiter, reading, vault
from portal.core.models import Provider
from portal.domain.consents import history, recipients
from portal.domain.identity.permissions import Permission
from portal.web.operator.blueprint import blueprint, note, person_key
from portal.web.operator.forms import SHORTEST_REASON, ReasonedSearchForm
from portal.web.operator.provider_access import visible_or_404
from portal.web.shared import limits
from portal.web.shared.access import needs


@blueprint.route("/providers/<id:provider_id>/recipients", methods=["GET", "POST"])
@limiter.limit(limits.SEARCH, methods=["POST"], key_func=person_key)
@needs(Permission.ASSIST)
def assist(provider_id: int):
    """Look an address up among a provider's own. The reason is kept with the search, found or not."""
    provider, form = visible_or_404(reading(), provider_id), ReasonedSearchForm()
    if not form.validate_on_submit():
        return _shown(provider, form), 422 if form.errors else 200
    try:
        address = addresses.parse(form.address.data)
    except addresses.BadAddress as bad:
        return _shown(provider, form, problem=bad.problem), 422
    reason = hide_in(form.reason.data.strip())
    if len(reason.replace(HIDDEN, "").strip()) < SHORTEST_REASON:
        form.reason.errors = [_("Nedeni sözcüklerle yazın; adres yazmayın.")]
        return _shown(provider, form), 422
    found = recipients.find(reading(), vault(), provider.id, address)
    if found is None:
        note("recipient.not_found", "provider", provider.id, provider_id=provider.id, reason=reason)
    else:
        note("recipient.assisted", "recipient", found.id, provider_id=provider.id, reason=reason)
    db.session.commit()
    if found is None:
        return _shown(provider, form, not_found=True)
    return _shown(
        provider,
        ReasonedSearchForm(formdata=None),  # The address is shown masked, and the next search needs its own reason.
        address=recipients.masked(vault(), found),
        heads=history.heads(reading(), found.id),
        decisions=history.decisions(reading(), found.id, clock.now()),
    )


def _shown(provider: Provider, form: ReasonedSearchForm, **found) -> str:
    return render_template("operator/recipient_search.html", provider=provider, form=form, **found)
