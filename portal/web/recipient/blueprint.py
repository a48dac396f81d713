"""The blueprint of a link's pages and of what they lead to."""

from flask import Blueprint, render_template

blueprint = Blueprint("recipient", __name__)


@blueprint.errorhandler(404)
def not_found(_error):
    """A page that helps whoever holds a cut or mistyped link."""
    return render_template("recipient/not_found.html"), 404
