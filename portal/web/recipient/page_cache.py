"""Pages drawn once: who has decided nothing yet sees what all the others see, but for a few things of one's own."""

import secrets
from collections.abc import Callable

from flask import current_app, render_template, request
from flask_babel import get_locale
from markupsafe import escape

from portal.core.models.link_context import LinkContext
from portal.web.recipient.link_states import View
from portal.web.recipient.page_content import Page, Personal
from portal.web.shared.hosts import is_short_host

MOST = 1000

# They stand where those go; random, so that no text of a provider holds one.
CODE, ADDRESS, PAIR, TOKEN = (secrets.token_hex(16) for _ in range(4))
EVERYBODY = Personal(address=ADDRESS, pair=PAIR, form_token=TOKEN)

_kept: dict[tuple, str] = {}


def fill(invitation: LinkContext, view: View, mine: Personal, page: Callable[[Personal], Page]) -> str:
    """The page at this address for one person; `page` is asked only where nobody saw the like before."""
    printed = _print(invitation, view, page)
    own = printed.replace(CODE, request.view_args["code"]).replace(ADDRESS, escape(mine.address))
    return own.replace(PAIR, mine.pair).replace(TOKEN, mine.form_token)


def _print(invitation: LinkContext, view: View, page: Callable[[Personal], Page]) -> str:
    alike = (
        current_app.config["LINK_SALT"], invitation.text_id, view, request.endpoint, get_locale().language,
        invitation.logo_digest, invitation.colour, invitation.requires_name, is_short_host(),
    )  # fmt: skip
    if alike in _kept:
        return _kept[alike]
    printed = render_template("recipient/page.html", page=page(EVERYBODY)).replace(request.view_args["code"], CODE)
    if not current_app.jinja_env.auto_reload:  # Whoever edits templates wants to see them.
        if len(_kept) >= MOST:
            _kept.clear()
        _kept[alike] = printed
    return printed
