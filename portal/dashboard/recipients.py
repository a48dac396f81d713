"""Finding a recipient by address, and everything known of one. The address never stands in a URL."""

from flask import abort, redirect, render_template, url_for
from flask_login import current_user

from portal import addresses, clock, limits, recipients
from portal.consents import history
from portal.dashboard import door, note
from portal.dashboard.forms import SearchForm
from portal.extensions import db, limiter, reading, vault
from portal.models import Recipient
from portal.powers import Power
from portal.web.locks import needs


@door.route("/recipients", methods=["GET", "POST"])
@limiter.limit(limits.SEARCH, methods=["POST"])
@needs(Power.SEARCH)
def search():
    """Look an address up among the provider's own."""
    form = SearchForm()
    problem, not_found = None, False
    if form.validate_on_submit():
        try:
            address = addresses.parse(form.address.data)
        except addresses.BadAddress as bad:
            problem = bad.problem
        else:
            found = recipients.find(reading(), vault(), current_user.provider_id, address)
            if found is not None:
                return redirect(url_for(".recipient", recipient_id=found.id), 303)
            not_found = True
            note("recipient.not_found", "user", current_user.id)
            db.session.commit()
    return render_template("dashboard/search.html", form=form, problem=problem, not_found=not_found)


@door.get("/recipients/<id:recipient_id>")
@needs(Power.SEARCH)
def recipient(recipient_id: int):
    """What holds for one address, and how it came to be. Looking is noted."""
    found = reading().get(Recipient, recipient_id)
    if found is None or found.provider_id != current_user.provider_id:
        abort(404)
    note("recipient.looked_at", "recipient", found.id)
    db.session.commit()
    return render_template(
        "dashboard/recipient.html",
        address=recipients.masked(vault(), found),
        heads=history.heads(reading(), found.id),
        decisions=history.decisions(reading(), found.id, clock.now()),
    )
