"""The blueprint of consent points' pages."""

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from portal.web.shared.languages import LANGUAGES

blueprint = Blueprint("consent_points", __name__, url_prefix="/b")


@blueprint.url_defaults
def keep_language(_endpoint: str, values: dict[str, Any]) -> None:
    """Carry ?lang= over to links: nothing else remembers the language."""
    if request and request.args.get("lang") in LANGUAGES:
        values.setdefault("lang", request.args["lang"])


@blueprint.errorhandler(404)
def not_found(_error: Exception) -> ResponseReturnValue:
    """Help whoever mistyped the URL."""
    return render_template("consent_points/not_found.html", slug=(request.view_args or {})["slug"]), 404
