"""The blueprint of message and receipt checks, help and privacy."""

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from portal.web.shared import form_tokens

blueprint = Blueprint("verification", __name__)


@blueprint.before_request
def read_no_other_sites_words() -> ResponseReturnValue | None:
    """Whatever another site posts would stand in a page of ours."""
    return redirect(request.path, 303) if request.method == "POST" and form_tokens.is_cross_site_post() else None
