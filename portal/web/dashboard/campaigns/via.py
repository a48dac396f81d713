"""A page that compares İYS's own ViA with our pages, for whoever is about to begin a campaign."""

from flask import render_template

from portal.domain.identity.permissions import Permission
from portal.web.dashboard.blueprint import blueprint
from portal.web.shared.access import needs


@blueprint.get("/campaigns/via", endpoint="via")
@needs(Permission.LOOK)
def show_via() -> str:
    return render_template("dashboard/campaigns/via.html")
