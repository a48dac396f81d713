"""The page of one case: the complaint, its finding, what can be done, and the person's history."""

from flask import Response, abort, render_template
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.models import Brand, Complaint, ComplaintKind, Provider, Receipt, Recipient
from portal.core.vault import CannotOpen
from portal.domain import complaints
from portal.domain.consents import history, recipients
from portal.domain.identity.permissions import Permission
from portal.domain.receipts import format_number
from portal.domain.receipts.contents import current_sender
from portal.web.dashboard.recipients.forms import RefusalForm
from portal.web.dashboard.recipients.recipients import make_refusal_form
from portal.web.desk import sends, timeline
from portal.web.desk.blueprint import blueprint
from portal.web.desk.forms import AnswerForm, CloseForm, DueForm, NoteForm, ReopenForm
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.forms import BaseForm
from portal.web.shared.own_rows import own_row_or_404


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
    try:
        png = complaints.read_picture(vault(), found, staff_at=clock.now())
    except CannotOpen:
        png = None
    if png is None:
        abort(404)
    return Response(png, mimetype="image/png")


def render_case(case: Complaint, wrong: BaseForm | RefusalForm | None = None) -> str:
    """The page of a case, with a form that came back with errors."""
    session, at = read_session(), clock.now()
    recipient = session.get_one(Recipient, case.recipient_id)
    receipt = session.get(Receipt, case.receipt_id) if case.receipt_id else None
    return render_template(
        "desk/case.html",
        case=case,
        is_erasure=case.kind == ComplaintKind.ERASURE,
        address=recipients.masked_address(vault(), recipient),
        brand_name=session.get_one(Brand, case.brand_id).name if case.brand_id else None,
        receipt_number=format_number(receipt.number_for_provider) if receipt else None,
        report=complaints.read_report(vault(), case, staff_at=at),
        compared=complaints.compare_case(session, case),
        sends=sends.list_sends_near(case, recipient),
        pressure=complaints.due_pressure(case, at),
        forms=_forms(case, wrong) | {"refusal": _refusal_form(recipient, wrong)},
        wrong=wrong,
        current_consents=history.current_consents(session, recipient.id, at),
        events=timeline.events_page(recipient, at),
        steps=complaints.list_steps(session, vault(), [case.id], staff_at=at),
        today=clock.day(at).isoformat(),
    )


def _forms(case: Complaint, wrong: BaseForm | None) -> dict[str, BaseForm]:
    """The form that came back, and the other ones empty."""
    contacts = reviewed_contacts(case)
    empty = {
        "answer": AnswerForm(formdata=None, contacts=contacts), "note": NoteForm(formdata=None),
        "due": DueForm(formdata=None),
        "reopen": ReopenForm(formdata=None, contacts=contacts),
        "close": CloseForm(formdata=None, case=case, contacts=contacts),
    }  # fmt: skip
    return {name: wrong if type(wrong) is type(form) else form for name, form in empty.items()}


def reviewed_contacts(case: Complaint) -> tuple[str, str]:
    """What answers may repeat: the contact line, the brand's or the provider's, and the brand's number for replies."""
    brand = read_session().get_one(Brand, case.brand_id) if case.brand_id else None
    line = current_sender(read_session().get_one(Provider, case.provider_id), brand).contact
    return line, (brand.reply_number if brand else None) or ""


def _refusal_form(recipient: Recipient, wrong: BaseForm | None) -> RefusalForm | None:
    return wrong if isinstance(wrong, RefusalForm) else make_refusal_form(recipient, formdata=None)
