"""The blueprint of the desk."""

from flask import Blueprint

from portal.web.dashboard.blueprint import layout_context

blueprint = Blueprint("desk", __name__, url_prefix="/desk")
blueprint.context_processor(layout_context)
