"""Unsubscribe: refuse by any link, for ever, on a page of its own (one_click.py: by the POST of a mail program)."""

from flask import request
from flask.typing import ResponseReturnValue

from portal.web.recipient import decisions, link_states, page_content, visit_recorder
from portal.web.recipient.blueprint import blueprint
from portal.web.recipient.link_page import find_link, render_link_page


@blueprint.get("/u/<code>", strict_slashes=False, endpoint="refusing")
@blueprint.get("/u/<code>/<glued:rest>", endpoint="refusing")
def show_refusing(code: str) -> str | bytes:
    """Show what may be refused. Opening it decides nothing."""
    link, context = find_link(code)
    visit_recorder.record_visit(context.link_id, request)
    return render_link_page(link, context, link_states.refusing_view(link, context, page_content.address_of(context)))


@blueprint.post("/u/<code>", strict_slashes=False, endpoint="refuse")
@blueprint.post("/u/<code>/<glued:rest>", endpoint="refuse")
def refuse(code: str) -> ResponseReturnValue:
    """Record the refusals of the page's form; or refuse at once, where a mail program posts."""
    link, context = find_link(code)
    return decisions.record_choices(
        link, context, link_states.refusing_view(link, context, page_content.address_of(context))
    )
