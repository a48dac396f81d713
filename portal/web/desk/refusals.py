"""Refuse for the person of a case. Staff can't grant: only the person can, by their own link."""

from flask import abort, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Complaint, Recipient
from portal.domain import complaints
from portal.domain.consents import refusals
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.recipients.forms import ALL_BRANDS, RefusalForm
from portal.web.dashboard.recipients.search import apply_refusal_form, flash_refusal, make_refusal_form
from portal.web.desk.blueprint import blueprint
from portal.web.desk.case_page import render_case
from portal.web.shared.access import needs
from portal.web.shared.signed_in_person import own_row_or_404, record_audit


@blueprint.post("/<id:complaint_id>/refusal")
@needs(Permission.REFUSE)
def refuse(complaint_id: int) -> ResponseReturnValue:
    """Refuse for the person who complained: valid at once, sent to İYS, and a step of the case."""
    case = own_row_or_404(db.session, Complaint, complaint_id)
    recipient = db.session.get_one(Recipient, case.recipient_id)
    form = make_refusal_form(recipient)
    if form is None:  # The encrypted address is damaged: nothing could be sent to İYS.
        abort(404)
    if not form.validate_on_submit():
        return render_case(case, form), 422
    refused = _record_refusal(case, recipient, form)
    db.session.commit()
    flash_refusal(refused)
    return redirect(url_for(".show_case", complaint_id=complaint_id), 303)


def _record_refusal(case: Complaint, recipient: Recipient, form: RefusalForm) -> refusals.Refusals:
    """Refuse, add a step to the case, and audit it. Doesn't commit."""
    at = clock.now()
    refused = apply_refusal_form(recipient, form, at)
    complaints.note_refusal(db.session, vault(), case, user_id=current_user.id, at=at)
    record_audit(
        "complaint.refused", "complaint", case.id, channels=form.channels.data, source=form.source.data,
        new=len(refused.made), brand=form.brand.data if form.brand.data != ALL_BRANDS else None,
    )  # fmt: skip
    return refused
