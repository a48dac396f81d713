"""Refusing for the person in the course of a case. There is no granting: only the person can, by their own link."""

from flask import abort, redirect, url_for
from flask_login import current_user

from portal import clock, complaints
from portal.consents import refusing
from portal.dashboard.blueprint import note
from portal.dashboard.recipient_forms import EVERY_BRAND, RefusalForm
from portal.dashboard.recipients import refusal_form, refused_as_said, say_refused
from portal.desk.blueprint import door
from portal.desk.cases import mine, page_of
from portal.extensions import db, vault
from portal.models import Complaint, Recipient
from portal.powers import Power
from portal.web.locks import needs


@door.post("/<id:complaint_id>/refusal")
@needs(Power.REFUSE)
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


def _refused(case: Complaint, recipient: Recipient, form: RefusalForm) -> refusing.Refused:
    """The refusal, the step of the case and the note in the log; not committed yet."""
    at = clock.now()
    refused = refused_as_said(recipient, form, at)
    complaints.note_refusal(db.session, vault(), case, user_id=current_user.id, at=at)
    note(
        "complaint.refused", "complaint", case.id, channels=form.channels.data, source=form.source.data,
        new=refused.made, brand=form.brand.data if form.brand.data != EVERY_BRAND else None,
    )  # fmt: skip
    return refused
