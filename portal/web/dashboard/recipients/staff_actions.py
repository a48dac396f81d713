"""Acts of staff for a recipient who asked for them: refuse, or see the address in full with a reason."""

from flask import abort, redirect, url_for
from flask.typing import ResponseReturnValue

from portal.core import addresses, clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import Recipient
from portal.domain.consents import recipients
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.recipients.forms import UnmaskForm
from portal.web.dashboard.recipients.search import (
    apply_refusal_form,
    flash_refusal,
    make_refusal_form,
    render_recipient,
)
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.signed_in_person import own_row_or_404, provider_key, record_audit


@blueprint.post("/recipients/<id:recipient_id>/refusal")
@limiter.limit(limits.SEARCH)
@needs(Permission.REFUSE)
def refuse(recipient_id: int) -> ResponseReturnValue:
    """Refuse on behalf of somebody who asked for it. Nobody grants here."""
    found = own_row_or_404(db.session, Recipient, recipient_id)
    form = make_refusal_form(found)
    if form is None:  # The encrypted address is damaged: nothing could be sent to İYS.
        abort(404)
    if not form.validate_on_submit():
        return render_recipient(found, refusal=form), 422
    refused = apply_refusal_form(found, form, clock.now())
    record_audit(
        "recipient.refused", "recipient", recipient_id, channels=form.channels.data, source=form.source.data,
        brand=form.brand.data, new=len(refused.made),
    )  # fmt: skip
    db.session.commit()
    flash_refusal(refused)
    return redirect(url_for(".recipient", recipient_id=recipient_id), 303)


@blueprint.post("/recipients/<id:recipient_id>/address")
@limiter.limit(limits.UNMASK, key_func=provider_key)
@needs(Permission.UNMASK)
def unmask(recipient_id: int) -> ResponseReturnValue:
    """Show the address in full, this once; the reason is audited."""
    found, form = own_row_or_404(read_session(), Recipient, recipient_id), UnmaskForm()
    if not form.validate_on_submit():
        return render_recipient(found, unmask=form), 422
    record_audit(
        "recipient.unmasked", "recipient", found.id, reason=addresses.redact_addresses(form.reason.data.strip())
    )
    db.session.commit()
    return render_recipient(found, clear=recipients.address_of(vault(), found))
