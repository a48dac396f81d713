"""The blueprint of consent points' pages."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from portal.web.shared.languages import LANGUAGES

blueprint = Blueprint("consent_points", __name__, url_prefix="/b")


@blueprint.url_defaults
def keep_language(_endpoint: str, values: dict) -> None:
    """Who chose a language goes on in it: nothing else remembers."""
    if request and request.args.get("lang") in LANGUAGES:
        values.setdefault("lang", request.args["lang"])


@blueprint.errorhandler(404)
def not_found(_error) -> ResponseReturnValue:
    """A page that helps whoever holds a mistyped address."""
    return render_template("consent_points/not_found.html", slug=request.view_args["slug"]), 404
