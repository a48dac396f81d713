"""The blueprint of personal links, receipts and complaints."""

import re
from typing import Any
from urllib.parse import quote

from flask import Blueprint, current_app, redirect, render_template, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from werkzeug.routing import BaseConverter, ValidationError

import shortlinks
from portal.services.launches.invitation_text import SAMPLE_CODE
from portal.web.shared import hosts

blueprint = Blueprint("recipient", __name__)
# What stands around a code, programs and people took for a part of an address in a text; names of files go on so, too.
FIRST_CODE = re.compile(r"[^A-Za-z0-9]*([A-Za-z0-9]+)(\.[A-Za-z0-9])?")


class GluedCode(BaseConverter):
    """A short host's link before a slash and what is glued on behind it: no other address is taken for one."""

    regex = rf"[^A-Za-z0-9]*[{shortlinks.ALPHABET}]{{6,32}}(?![A-Za-z0-9])(?s:.*)"
    weight = 200  # What else begins with a code (ben-degilim) goes first.

    def to_python(self, value: str) -> str:
        found = FIRST_CODE.match(value)
        if not hosts.is_short_host() or found is None or not _is_code(found[1]):
            raise ValidationError
        return found[1]


class Glued(BaseConverter):
    """Anything that is glued on behind a link and a slash, also further slashes and ends of lines."""

    regex, part_isolating = "(?s:.+)", False
    weight = 200


@blueprint.record_once
def register_converters(state: BlueprintSetupState) -> None:
    state.app.url_map.converters.update(glued_code=GluedCode, glued=Glued)


@blueprint.url_value_preprocessor
def trim_code(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Leave the code alone of what it is glued to: "(CODE)", "CODE.Ret", "CODE/ret"; but "robots.txt" as it is."""
    if values and "code" in values:
        values.pop("rest", None)
        found = FIRST_CODE.match(values["code"])
        if found and (found[2] is None or _is_code(found[1])):
            values["code"] = found[1]


def _is_code(text: str) -> bool:
    return shortlinks.Codes(current_app.config["LINK_SALT"]).decode_long(text) is not None


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
