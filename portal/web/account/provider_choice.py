"""Choosing the provider to work for, for users with several memberships."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.core.extensions import db, read_session
from portal.domain.identity import sessions
from portal.domain.identity.permissions import Permission
from portal.web.account.blueprint import blueprint, record_account_audit
from portal.web.shared.access import needs
from portal.web.shared.url_converters import parse_id


@blueprint.get("/providers")
@needs(Permission.SELF)
def choose() -> ResponseReturnValue:
    """List the user's providers, and the operator's console for its staff."""
    return render_template(
        "account/choose.html",
        memberships=sessions.list_memberships(read_session(), current_user.id),
        suspended=sessions.list_suspended(read_session(), current_user.id),
        is_staff=current_user.user.operator_role is not None,
        current_provider_id=current_user.provider_id,
    )


@blueprint.post("/providers")
@needs(Permission.SELF)
def serve() -> ResponseReturnValue:
    """Work for a provider from now on."""
    chosen = parse_id(request.form.get("provider", ""))
    if chosen is None or not sessions.switch_provider(db.session, current_user, chosen):
        abort(404)
    record_account_audit("provider.chosen", provider=str(chosen))
    db.session.commit()
    return redirect(url_for("dashboard.overview"), 303)
