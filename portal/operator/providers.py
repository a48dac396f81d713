"""Providers as the operator sees them: waiting, admitted, suspended."""

from flask import render_template
from flask_login import current_user
from sqlalchemy import select

from portal.extensions import reading
from portal.models import Assignment, OperatorRole, Provider
from portal.operator import door
from portal.powers import Power
from portal.web.locks import needs


@door.get("/")
@needs(Power.CONSOLE)
def providers():
    """List the providers: all for an admin, the assigned ones for support."""
    return render_template("operator/providers.html", providers=reading().scalars(visible()).all())


def visible():
    """A select of the providers that the signed-in person may see."""
    theirs = select(Provider).order_by(Provider.title)
    if current_user.user.operator_role == OperatorRole.ADMIN:
        return theirs
    assigned = select(Assignment.provider_id).where(Assignment.user_id == current_user.id)
    return theirs.where(Provider.id.in_(assigned))
