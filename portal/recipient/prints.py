"""Pages drawn once: who has decided nothing yet sees what all the others see, but for three things of one's own."""

import secrets
from collections.abc import Callable

from flask import current_app, render_template, request
from flask_babel import get_locale
from markupsafe import escape

import shortlinks
from portal.models.invitation import Invitation
from portal.recipient.pages import Page, Personal

MOST = 1000

# They stand where those three go; random, so that no text of a provider holds one.
PATH, ADDRESS, TOKEN = (secrets.token_hex(16) for _ in range(3))
EVERYBODY = Personal(address=ADDRESS, form_token=TOKEN)

_kept: dict[tuple, str] = {}


def fill(link: shortlinks.Resolution, invitation: Invitation, mine: Personal, page: Callable[[Personal], Page]) -> str:
    """The page at this address for one person; `page` is asked only where nobody saw the like before."""
    printed = _print(link, invitation, page)
    own = printed.replace(PATH, request.path).replace(ADDRESS, escape(mine.address))
    return own.replace(TOKEN, mine.form_token)


def _print(link: shortlinks.Resolution, invitation: Invitation, page: Callable[[Personal], Page]) -> str:
    alike = (
        current_app.config["LINK_SALT"], invitation.text_id, invitation.kind, invitation.channels, link.state,
        request.endpoint, get_locale().language, invitation.logo_digest, invitation.colour, invitation.is_closed,
    )  # fmt: skip
    if alike in _kept:
        return _kept[alike]
    printed = render_template("recipient/page.html", page=page(EVERYBODY)).replace(request.path, PATH)
    if not current_app.jinja_env.auto_reload:  # Whoever edits templates wants to see them.
        if len(_kept) >= MOST:
            _kept.clear()
        _kept[alike] = printed
    return printed
