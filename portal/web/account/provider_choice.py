"""For whom to work now: people who belong to several providers choose, and may choose anew at any time."""

from flask import abort, redirect, render_template, request, url_for
from flask_login import current_user

from portal.core.extensions import db, reading
from portal.domain.identity import sessions
from portal.domain.identity.permissions import Permission
from portal.web.account.blueprint import blueprint, note
from portal.web.shared.access import needs
from portal.web.shared.url_converters import id_in


@blueprint.get("/providers")
@needs(Permission.SELF)
def choose():
    """List the providers one belongs to, and the operator's console where one is of its staff."""
    return render_template(
        "account/choose.html",
        memberships=sessions.memberships(reading(), current_user.id),
        suspended=sessions.suspended(reading(), current_user.id),
        is_staff=current_user.user.operator_role is not None,
        serves_id=current_user.provider_id,
    )


@blueprint.post("/providers")
@needs(Permission.SELF)
def serve():
    """Work for one of them from now on."""
    chosen = id_in(request.form.get("provider", ""))
    if chosen is None or not sessions.serve(db.session, current_user, chosen):
        abort(404)
    note("provider.chosen", provider=str(chosen))
    db.session.commit()
    return redirect(url_for("dashboard.overview"), 303)
