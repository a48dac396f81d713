"""The operator's own accounts at vendors: codes, and confirmations of providers without one."""

from flask import render_template
from sqlalchemy import func, select

from portal.core.extensions import read_session
from portal.core.models import GatewayEvent
from portal.domain.identity.permissions import Permission
from portal.web.operator.blueprint import blueprint
from portal.web.operator.replies import waits_for_operator
from portal.web.shared.access import needs
from portal.web.shared.gateway_account_page import own_accounts
from portal.web.shared.gateway_pages import add_views


@blueprint.get("/gateways", endpoint="gateways")
@needs(Permission.CONNECT)
def list_gateways() -> str:
    unread = read_session().scalar(select(func.count()).select_from(GatewayEvent).where(waits_for_operator()))
    return render_template("operator/gateways.html", accounts=own_accounts(), unread=unread)


add_views(blueprint, looks=Permission.CONNECT, settles=Permission.CONNECT)
