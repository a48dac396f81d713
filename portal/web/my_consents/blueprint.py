"""İzinlerim: what holds for one's own address, at every brand of this portal. A code to the address opens it.

Two doors: before the code anybody may come in and leaves no trace; after it a cookie of a quarter of an hour is the
key. Here one sees and refuses. Nobody grants: a grant is an answer to a firm's own question (KVKK 2025/1072).
"""

from flask import Blueprint, request

from portal.web.shared.languages import LANGUAGES

entry_blueprint = Blueprint("my_consents_entry", __name__)
blueprint = Blueprint("my_consents", __name__)


@entry_blueprint.url_defaults
@blueprint.url_defaults
def keep_language(_endpoint: str, values: dict) -> None:
    """Who chose a language goes on in it: before the code nothing else remembers."""
    if request and request.args.get("lang") in LANGUAGES:
        values.setdefault("lang", request.args["lang"])
