"""Pages that everybody may read."""

from flask import render_template
from flask.typing import ResponseReturnValue

from portal.core.extensions import read_session
from portal.domain import packages
from portal.web.public.blueprint import blueprint


@blueprint.get("/")
def front() -> ResponseReturnValue:
    """Who we are; a recipient who typed the bare address lands here."""
    return render_template("public/front.html", packages=packages.list_offered(read_session()))


@blueprint.get("/packages")
def price_list() -> ResponseReturnValue:
    """Packages and prices, with what is counted and what never stops."""
    return render_template("public/price_list.html", packages=packages.list_offered(read_session()))
