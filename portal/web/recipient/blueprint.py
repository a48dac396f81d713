"""The blueprint of personal links, receipts and complaints."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

blueprint = Blueprint("recipient", __name__)


@blueprint.errorhandler(404)
def not_found(_error: Exception) -> ResponseReturnValue:
    """Help whoever holds a cut or mistyped link."""
    return render_template("recipient/not_found.html"), 404
