"""The blueprint of personal links, receipts and complaints."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from portal.services.launches.invitation_text import SAMPLE_CODE

blueprint = Blueprint("recipient", __name__)


@blueprint.errorhandler(404)
def not_found(_error: Exception) -> ResponseReturnValue:
    """Help whoever holds a cut or mistyped link, or that of a message somebody tried on themselves."""
    is_sample = (request.view_args or {}).get("code") == SAMPLE_CODE
    return render_template("recipient/not_found.html", is_sample=is_sample), 404
