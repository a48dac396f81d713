"""The desk: a provider's people read complaints with the whole history behind them, answer, and settle them."""

from flask import Blueprint

from portal.web.dashboard.blueprint import layout_context

blueprint = Blueprint("desk", __name__, url_prefix="/desk")
blueprint.context_processor(layout_context)
