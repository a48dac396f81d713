"""Look up the link of a code, or abort with the same 404 for unknown, damaged and guessed codes."""

from flask import abort, current_app

import shortlinks
from portal.core import clock
from portal.core.extensions import read_session
from portal.core.models.link_context import LinkContext, load_link_context
from portal.web.shared import bad_code_limit, hosts
from shortlinks import LinkState


def find_link(code: str) -> tuple[shortlinks.Resolution, LinkContext]:
    """The link and its context. Unknown, damaged and guessed codes take one path to the same page."""
    link = shortlinks.resolve(read_session(), current_app.config["LINK_SALT"], code, clock.now())
    context = load_link_context(read_session(), link.link_id or 0)
    if link.state == LinkState.UNKNOWN or context is None or hosts.brand_of_host() not in (None, context.brand_id):
        bad_code_limit.count_bad_code()
        abort(404)
    return link, context
