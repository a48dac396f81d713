"""One look tells how the house is."""

from flask import render_template

from portal import clock
from portal.operator import vitals
from portal.operator.blueprint import door
from portal.powers import Power
from portal.web.locks import needs


@door.get("/health")
@needs(Power.HEALTH)
def health():
    """Show the signs of life, what is bad first."""
    return render_template("operator/health.html", vitals=vitals.all_of(clock.now()), at=clock.now())
