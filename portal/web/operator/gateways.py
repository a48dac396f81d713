"""The operator's own accounts at vendors: codes, and confirmations of providers without one."""

from flask import render_template

from portal.domain.identity.permissions import Permission
from portal.web.operator.blueprint import blueprint
from portal.web.shared.access import needs
from portal.web.shared.gateway_account_page import own_accounts
from portal.web.shared.gateway_pages import add_views


@blueprint.get("/gateways", endpoint="gateways")
@needs(Permission.CONNECT)
def list_gateways() -> str:
    return render_template("operator/gateways.html", accounts=own_accounts())


add_views(blueprint, looks=Permission.CONNECT, settles=Permission.CONNECT)
