"""The health page of the installation."""

from flask import render_template

from portal.core import clock
from portal.domain.identity.permissions import Permission
from portal.web.operator import health_checks
from portal.web.operator.blueprint import blueprint
from portal.web.shared.access import needs


@blueprint.get("/health")
@needs(Permission.HEALTH)
def health() -> str:
    return render_template("operator/health.html", checks=health_checks.run_all(clock.now()), at=clock.now())
