"""The link behind a code, or a 404 that is the same for unknown, damaged and guessed codes."""

from flask import abort, current_app

import shortlinks
from portal.core import clock
from portal.core.extensions import read_session
from portal.core.models.link_context import LinkContext, load_link_context
from portal.web.shared import bad_code_limit, hosts
from shortlinks import LinkState


def find(code: str) -> tuple[shortlinks.Resolution, LinkContext]:
    """The link and what it leads to; unknown, damaged and guessed codes take one path to the same page."""
    link = shortlinks.resolve(read_session(), current_app.config["LINK_SALT"], code, clock.now())
    invitation = load_link_context(read_session(), link.link_id or 0)
    if link.state == LinkState.UNKNOWN or not belongs_here(invitation):
        bad_code_limit.count_bad_code()
        abort(404)
    return link, invitation


def belongs_here(invitation: LinkContext | None) -> bool:
    """A brand's own host speaks for that brand only; ours for all of them."""
    return invitation is not None and hosts.brand_of_host() in (None, invitation.brand_id)
