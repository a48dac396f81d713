"""The page of one case: the complaint, its finding, what can be done, and the person's history."""

from dataclasses import dataclass
from datetime import datetime

from flask import Response, abort, render_template
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.models import Brand, Complaint, ComplaintKind, Receipt, Recipient
from portal.core.vault import CannotOpen
from portal.domain import complaints
from portal.domain.consents import history, recipients
from portal.domain.identity.permissions import Permission
from portal.domain.receipts import format_number
from portal.web.dashboard.recipients.forms import RefusalForm
from portal.web.dashboard.recipients.search import make_refusal_form
from portal.web.desk import timeline
from portal.web.desk.blueprint import blueprint
from portal.web.desk.forms import AnswerForm, CloseForm, DueForm, NoteForm, ReopenForm
from portal.web.shared.access import needs
from portal.web.shared.signed_in_person import own_row_or_404, record_audit


@dataclass(frozen=True)
class Case:
    """A case as staff see it, decrypted."""

    id: int
    row: Complaint
    is_erasure: bool
    is_closed: bool
    address: str
    recipient_id: int
    brand_name: str | None
    receipt_number: str | None
    said: complaints.OpenedReport
    compared: complaints.Comparison | None
    pressure: complaints.Pressure


@blueprint.get("/<id:complaint_id>")
@needs(Permission.COMPLAINTS)
def show_case(complaint_id: int) -> ResponseReturnValue:
    """Show a case. Audited."""
    found = own_row_or_404(read_session(), Complaint, complaint_id)
    record_audit("complaint.looked_at", "complaint", found.id)
    db.session.commit()
    return render_case(found)


@blueprint.get("/<id:complaint_id>/screenshot.png")
@needs(Permission.COMPLAINTS)
def screenshot(complaint_id: int) -> ResponseReturnValue:
    """The person's screenshot, re-encoded by us."""
    found = own_row_or_404(read_session(), Complaint, complaint_id)
    if found.picture is None:
        abort(404)
    try:
        png = vault().open(found.picture, Complaint.PICTURE, found.provider_id, found.id)
    except CannotOpen:
        abort(404)
    return Response(png, mimetype="image/png")


def render_case(found: Complaint, wrong: FlaskForm | RefusalForm | None = None) -> str:
    """The page of a case, with a form that came back with errors."""
    recipient = read_session().get_one(Recipient, found.recipient_id)
    at = clock.now()
    return render_template(
        "desk/case.html",
        case=_case_details(found, recipient, at),
        forms=_forms(found, wrong) | {"refusal": _refusal_form(recipient, wrong)},
        wrong=wrong,
        heads=history.current_consents(read_session(), recipient.id),
        events=timeline.events_page(recipient, at),
        steps=complaints.list_steps(read_session(), vault(), [found.id], for_staff=True),
        today=clock.day(at).isoformat(),
    )


def _case_details(found: Complaint, recipient: Recipient, at: datetime) -> Case:
    is_erasure = found.kind == ComplaintKind.ERASURE
    receipt = read_session().get(Receipt, found.receipt_id) if found.receipt_id else None
    return Case(
        id=found.id,
        row=found,
        is_erasure=is_erasure,
        is_closed=found.closed_at is not None,
        address=recipients.masked_address(vault(), recipient),
        recipient_id=recipient.id,
        brand_name=read_session().get_one(Brand, found.brand_id).name if found.brand_id else None,
        receipt_number=format_number(receipt.number) if receipt else None,
        said=complaints.read_report(vault(), found),
        compared=_comparison(found),
        pressure=complaints.due_pressure(found, at),
    )


def _comparison(found: Complaint) -> complaints.Comparison | None:
    """The message compared with the person's refusal; a request for erasure names no message."""
    if found.brand_id is None or found.channel is None or found.came_at is None:
        return None
    return complaints.compare_with_refusal(
        read_session(), recipient_id=found.recipient_id, brand_id=found.brand_id, channel=found.channel,
        came_at=found.came_at,
    )  # fmt: skip


def _forms(found: Complaint, wrong: FlaskForm | None) -> dict[str, FlaskForm]:
    """The form that came back, and the other ones empty."""
    empty = {
        "answer": AnswerForm(formdata=None), "note": NoteForm(formdata=None), "due": DueForm(formdata=None),
        "reopen": ReopenForm(formdata=None), "close": CloseForm(formdata=None, case=found),
    }  # fmt: skip
    return {name: wrong if type(wrong) is type(form) else form for name, form in empty.items()}


def _refusal_form(recipient: Recipient, wrong: FlaskForm | None) -> RefusalForm | None:
    return wrong if isinstance(wrong, RefusalForm) else make_refusal_form(recipient, formdata=None)
