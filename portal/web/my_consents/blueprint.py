"""The two blueprints of İzinlerim: the pages before the code, and those behind it."""

from typing import Any

from flask import Blueprint, request

from portal.web.shared.languages import LANGUAGES

entry_blueprint = Blueprint("my_consents_entry", __name__)
blueprint = Blueprint("my_consents", __name__)


@entry_blueprint.url_defaults
@blueprint.url_defaults
def keep_language(_endpoint: str, values: dict[str, Any]) -> None:
    """Carry ?lang= over to links: before the code nothing else remembers the language."""
    if request and request.args.get("lang") in LANGUAGES:
        values.setdefault("lang", request.args["lang"])
