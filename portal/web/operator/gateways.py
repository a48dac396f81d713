"""The operator's own accounts at vendors: codes, and confirmations of providers without one."""

from flask import render_template
from flask.typing import ResponseReturnValue

from portal.core.extensions import limiter
from portal.domain.identity.permissions import Permission
from portal.web.operator.blueprint import blueprint
from portal.web.shared import gateway_pages, limits
from portal.web.shared.access import needs
from portal.web.shared.signed_in_person import person_key


@blueprint.get("/gateways", endpoint="gateways")
@needs(Permission.CONNECT)
def list_gateways() -> str:
    return render_template("operator/gateways.html", accounts=gateway_pages.own_accounts())


@blueprint.route("/gateways/new", methods=["GET", "POST"])
@limiter.limit(limits.GATEWAYS, key_func=person_key, methods=["POST"])
@needs(Permission.CONNECT, fresh=True)
def new_gateway() -> ResponseReturnValue:
    return gateway_pages.add()


@blueprint.get("/gateways/<id:gateway_id>")
@needs(Permission.CONNECT)
def show_gateway(gateway_id: int) -> ResponseReturnValue:
    return gateway_pages.show(gateway_id)


@blueprint.route("/gateways/<id:gateway_id>/change", methods=["GET", "POST"])
@limiter.limit(limits.GATEWAYS, key_func=person_key, methods=["POST"])
@needs(Permission.CONNECT, fresh=True)
def change_gateway(gateway_id: int) -> ResponseReturnValue:
    return gateway_pages.change(gateway_id)


@blueprint.post("/gateways/<id:gateway_id>/test")
@limiter.limit(limits.GATEWAYS, key_func=person_key)
@needs(Permission.CONNECT)
def test_gateway(gateway_id: int) -> ResponseReturnValue:
    return gateway_pages.send_test(gateway_id)


@blueprint.post("/gateways/<id:gateway_id>/domain")
@limiter.limit(limits.DOMAINS, key_func=person_key)
@needs(Permission.CONNECT)
def check_gateway_domain(gateway_id: int) -> ResponseReturnValue:
    return gateway_pages.check_domain(gateway_id)


@blueprint.post("/gateways/<id:gateway_id>/undecided")
@needs(Permission.CONNECT)
def settle_undecided_messages(gateway_id: int) -> ResponseReturnValue:
    return gateway_pages.settle(gateway_id)


@blueprint.post("/gateways/<id:gateway_id>/removal")
@needs(Permission.CONNECT, fresh=True)
def remove_gateway(gateway_id: int) -> ResponseReturnValue:
    return gateway_pages.remove(gateway_id)
