"""Refusing for the person in the course of a case. There is no granting: only the person can, by their own link."""

from flask import abort, redirect, url_for
from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Complaint, Recipient
from portal.domain import complaints
from portal.domain.consents import refusals
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.blueprint import note
from portal.web.dashboard.recipients.forms import EVERY_BRAND, RefusalForm
from portal.web.dashboard.recipients.search import refusal_form, refused_as_said, say_refused
from portal.web.desk.blueprint import blueprint
from portal.web.desk.case_page import mine, page_of
from portal.web.shared.access import needs


@blueprint.post("/<id:complaint_id>/refusal")
@needs(Permission.REFUSE)
def refuse(complaint_id: int):
    """Refuse for the person who complained: obeyed at once, told to İYS, and a step of the case."""
    case = mine(db.session, complaint_id)
    recipient = db.session.get_one(Recipient, case.recipient_id)
    form = refusal_form(recipient)
    if form is None:  # Its seal is damaged: nothing could be told to İYS.
        abort(404)
    if not form.validate_on_submit():
        return page_of(case, form), 422
    refused = _refused(case, recipient, form)
    db.session.commit()
    say_refused(refused)
    return redirect(url_for(".case", complaint_id=complaint_id), 303)


def _refused(case: Complaint, recipient: Recipient, form: RefusalForm) -> refusals.Refused:
    """The refusal, the step of the case and the note in the log; not committed yet."""
    at = clock.now()
    refused = refused_as_said(recipient, form, at)
    complaints.note_refusal(db.session, vault(), case, user_id=current_user.id, at=at)
    note(
        "complaint.refused", "complaint", case.id, channels=form.channels.data, source=form.source.data,
        new=refused.made, brand=form.brand.data if form.brand.data != EVERY_BRAND else None,
    )  # fmt: skip
    return refused
