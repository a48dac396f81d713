"""The blueprint of personal links, receipts and complaints."""

import re
from typing import Any
from urllib.parse import quote

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal.services.launches.invitation_text import SAMPLE_CODE

blueprint = Blueprint("recipient", __name__)
# Whatever follows one, programs took for the end of an address in a text; only names of files go on so.
CODE = re.compile(r"[A-Za-z0-9]+(?![A-Za-z0-9]|\.[A-Za-z0-9])")


@blueprint.url_value_preprocessor
def trim_code(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    if values and "code" in values:
        found = CODE.match(values["code"])
        values["code"] = found[0] if found else values["code"]


@blueprint.route("/<any(K, U, M, S, B):letter>/<path:rest>", methods=["GET", "POST"])
def lead_to_lower_case(letter: str, rest: str) -> ResponseReturnValue:
    """Keyboards of phones begin what is typed with a capital; a consent point's address (/b/) as well."""
    query = f"?{request.query_string.decode(errors='replace')}" if request.query_string else ""
    return redirect(f"/{letter.lower()}/{quote(rest)}{query}", 308)


@blueprint.errorhandler(404)
def not_found(_error: Exception) -> ResponseReturnValue:
    """Help whoever holds a cut or mistyped link, or that of a message somebody tried on themselves."""
    is_sample = (request.view_args or {}).get("code") == SAMPLE_CODE
    return render_template("recipient/not_found.html", is_sample=is_sample), 404
