"""The page of a link: look up its code, render it, and keep what people who have decided nothing share in a cache."""

import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import abort, current_app, render_template, request
from flask.globals import request_ctx
from markupsafe import escape
from sqlalchemy import bindparam

import shortlinks
from portal.core import clock
from portal.core.extensions import reader
from portal.core.models import AudienceEntry
from portal.core.models.link_context import ADDED_COLUMNS, LINK_CONTEXT, CurrentConsents, LinkContext, read_link_context
from portal.core.prepared_select import PreparedSelect
from portal.web.recipient import link_states, page_content, visit_recorder
from portal.web.recipient.blueprint import blueprint
from portal.web.recipient.foreign_host import check_host
from portal.web.recipient.link_states import State, View
from portal.web.recipient.page_content import FormState, Personal, requested_code
from portal.web.shared import limits
from portal.web.shared.hosts import is_short_host
from portal.web.shared.languages import select_language

EMPTY_FORM, NOTHING_HELD = FormState(), CurrentConsents({}, is_merchant=False)
MAX_PAGES = 1000
NO_LINK = (0, 0)
# With the nonce in the condition a wrong one finds as little as an unknown id.
FIND_LINK = PreparedSelect(
    LINK_CONTEXT.add_columns(*shortlinks.RESOLVED)
    .join(shortlinks.Link, shortlinks.Link.id == AudienceEntry.link_id)
    .where(shortlinks.Link.nonce == bindparam("nonce"))
)

# Placeholders of the personal values; random, so that no text of a provider holds one.
CODE, ADDRESS, PAIR, TOKEN = (secrets.token_hex(16) for _ in range(4))
PLACEHOLDERS = Personal(address=ADDRESS, pair=PAIR, form_token=TOKEN)

_pages: dict[tuple[Any, ...], bytes] = {}  # To be formatted with the personal values.


def find_link(code: str) -> tuple[shortlinks.Resolution, LinkContext]:
    """The link and its context. Unknown, damaged and guessed codes take one path to the same page."""
    link_id, nonce = shortlinks.Codes(current_app.config["LINK_SALT"]).decode(code) or NO_LINK
    rows = FIND_LINK.all(reader(), link_id=link_id, nonce=nonce)
    if not rows:
        limits.count_bad_code()
        abort(404)
    nonce, _owner, created_at, *_ = resolved = rows[0][ADDED_COLUMNS:]
    context = read_link_context(rows, nonce, created_at)
    check_host([context.provider_id])
    return shortlinks.resolve_row(link_id, resolved, clock.now()), context


@blueprint.get("/k/<code>", strict_slashes=False, endpoint="page")
@blueprint.get("/k/<code>/<glued:rest>", endpoint="page")
@blueprint.get("/<code>", strict_slashes=False, endpoint="short_page")
@blueprint.get("/<glued_code:code>/<glued:rest>", endpoint="short_page")
def show_page(code: str) -> str | bytes:
    link, context = find_link(code)
    visit_recorder.record_visit(context.link_id, request_ctx.request)
    return render_link_page(link, context, link_states.asking_view(link, context, page_content.address_of(context)))


def render_link_page(
    link: shortlinks.Resolution, context: LinkContext, view: View, form_state: FormState = EMPTY_FORM
) -> str | bytes:  # fmt: skip
    """Render a link's page: from the cache for people who have decided nothing, else for this one alone."""
    language = select_language().language
    is_disowned = view.state == State.DISOWNED  # What holds is then another's matter.
    current = NOTHING_HELD if is_disowned else context.current
    mine = page_content.personal_content(link, context, view, language=language, at=clock.now())
    page = partial(page_content.build_link_page, context, view, current, form_state=form_state, language=language)
    if not current.held and not current.is_merchant and not context.held_since and not form_state.messages:
        return render_cached(context, view, language, mine, page)
    return render_template("recipient/page.html", page=page(mine))


def render_cached(
    context: LinkContext, view: View, language: str, mine: Personal, page: Callable[[Personal], dict[str, Any]]
) -> bytes:  # fmt: skip
    """The page for one person; `page` is called only where the cache has none like it."""
    code, key = requested_code(), (
        current_app.config["LINK_SALT"], context.text_id, view.state, view.channels, view.all_channels, view.asks,
        request.endpoint, language, context.logo_digest, context.colour, context.requires_name, context.is_permanent,
        is_short_host(),
    )  # fmt: skip
    shared = _pages.get(key)
    if shared is None:
        shared = _with_gaps(render_template("recipient/page.html", page=page(PLACEHOLDERS)).replace(code, CODE))
        if not current_app.jinja_env.auto_reload:  # Not in development, where templates change.
            if len(_pages) >= MAX_PAGES:
                _pages.clear()
            _pages[key] = shared
    own = {CODE: code, ADDRESS: escape(mine.address), PAIR: mine.pair, TOKEN: mine.form_token}
    return shared % {place.encode(): value.encode() for place, value in own.items()}


def _with_gaps(page: str) -> bytes:
    """A page as a format of bytes, with a gap for each placeholder: it is encoded once, not for each person."""
    page = page.replace("%", "%%")
    for place in (CODE, ADDRESS, PAIR, TOKEN):
        page = page.replace(place, f"%({place})s")
    return page.encode()
