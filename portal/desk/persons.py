"""Finding a person by address, for a caller or an authority: their cases, and everything that happened."""

from flask import render_template
from sqlalchemy import select

from portal import clock, complaints, limits, recipients
from portal.consents import history
from portal.dashboard.blueprint import note
from portal.dashboard.recipients import look_up, mine
from portal.desk import timeline
from portal.desk.blueprint import door
from portal.extensions import db, limiter, reading, vault
from portal.models import Complaint
from portal.powers import Power
from portal.web.locks import needs


@door.route("/search", methods=["GET", "POST"])
@limiter.limit(limits.SEARCH, methods=["POST"])
@needs(Power.COMPLAINTS)
def search():
    """Look an address up among the provider's own. It never stands in a URL, and the search is noted."""
    return look_up("desk/search.html", "desk.person")


@door.get("/people/<id:recipient_id>")
@needs(Power.COMPLAINTS)
def person(recipient_id: int):
    """What holds for one address, its cases, and its whole history. Looking is noted."""
    found = mine(reading(), recipient_id)
    note("recipient.looked_at", "recipient", found.id)
    db.session.commit()
    theirs = select(Complaint).where(Complaint.recipient_id == found.id).order_by(Complaint.created_at.desc())
    at = clock.now()
    return render_template(
        "desk/person.html",
        recipient_id=found.id,
        address=recipients.masked(vault(), found),
        cases=[(each, complaints.pressure(each, at)) for each in reading().scalars(theirs)],
        heads=history.heads(reading(), found.id),
        events=timeline.page(found, at),
    )
