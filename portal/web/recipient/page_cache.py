"""Cache of rendered link pages: people who have decided nothing see the same page, but for four personal values."""

import secrets
from collections.abc import Callable
from typing import Any

from flask import current_app, render_template, request
from flask_babel import get_locale
from markupsafe import escape

from portal.core.models.link_context import LinkContext
from portal.web.recipient.link_states import View
from portal.web.recipient.page_content import LinkPage, Personal, requested_code
from portal.web.shared.hosts import is_short_host

MAX_PAGES = 1000

# Placeholders of the personal values; random, so that no text of a provider holds one.
CODE, ADDRESS, PAIR, TOKEN = (secrets.token_hex(16) for _ in range(4))
PLACEHOLDERS = Personal(address=ADDRESS, pair=PAIR, form_token=TOKEN)

_pages: dict[tuple[Any, ...], str] = {}


def render_cached(context: LinkContext, view: View, mine: Personal, page: Callable[[Personal], LinkPage]) -> str:
    """The page for one person; `page` is called only where the cache has none like it."""
    shared = _shared_page(context, view, page)
    own = shared.replace(CODE, requested_code()).replace(ADDRESS, escape(mine.address))
    return own.replace(PAIR, mine.pair).replace(TOKEN, mine.form_token)


def _shared_page(context: LinkContext, view: View, page: Callable[[Personal], LinkPage]) -> str:
    key = (
        current_app.config["LINK_SALT"], context.text_id, view, request.endpoint, get_locale().language,
        context.logo_digest, context.colour, context.requires_name, is_short_host(),
    )  # fmt: skip
    if key in _pages:
        return _pages[key]
    rendered = render_template("recipient/page.html", page=page(PLACEHOLDERS)).replace(requested_code(), CODE)
    if not current_app.jinja_env.auto_reload:  # Not in development, where templates change.
        if len(_pages) >= MAX_PAGES:
            _pages.clear()
        _pages[key] = rendered
    return rendered
