"""Find a person by address, for a caller or an authority: their consents, cases and history."""

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import Complaint, Recipient
from portal.domain import complaints
from portal.domain.consents import history, recipients
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.recipients.recipients import render_search
from portal.web.desk import timeline
from portal.web.desk.blueprint import blueprint
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.own_rows import own_row_or_404


@blueprint.route("/search", methods=["GET", "POST"])
@limiter.limit(limits.SEARCH, methods=["POST"], key_func=limits.person_key)
@needs(Permission.COMPLAINTS)
def search() -> ResponseReturnValue:
    """Search by POST: the address never stands in a URL."""
    return render_search("desk/search.html", "desk.person")


@blueprint.get("/people/<id:recipient_id>")
@needs(Permission.COMPLAINTS)
def person(recipient_id: int) -> str:
    """Consents, cases and history of one address. Audited."""
    found = own_row_or_404(read_session(), Recipient, recipient_id)
    record_audit("recipient.looked_at", "recipient", found.id)
    db.session.commit()
    cases = select(Complaint).where(Complaint.recipient_id == found.id).order_by(Complaint.created_at.desc())
    at = clock.now()
    return render_template(
        "desk/person.html",
        recipient_id=found.id,
        address=recipients.masked_address(vault(), found),
        cases=[(each, complaints.due_pressure(each, at)) for each in read_session().scalars(cases)],
        current_consents=history.current_consents(read_session(), found.id, at),
        events=timeline.events_page(found, at),
    )
