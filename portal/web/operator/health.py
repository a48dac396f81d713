"""One look tells how the house is."""

from flask import render_template

from portal.core import clock
from portal.domain.identity.permissions import Permission
from portal.web.operator import health_checks
from portal.web.operator.blueprint import blueprint
from portal.web.shared.access import needs


@blueprint.get("/health")
@needs(Permission.HEALTH)
def health() -> str:
    """Show the signs of life, what is bad first."""
    return render_template("operator/health.html", vitals=health_checks.run_all(clock.now()), at=clock.now())
