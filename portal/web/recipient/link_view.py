"""The page of a link. Opening it decides nothing."""

from functools import partial

from flask import render_template, request
from flask_babel import get_locale

import shortlinks
from portal.core import clock
from portal.core.extensions import read_session, vault
from portal.core.models.link_context import LinkContext, load_current_consents
from portal.web.recipient import link_states, page_cache, page_content, visit_recorder
from portal.web.recipient.blueprint import blueprint
from portal.web.recipient.link_lookup import find_link
from portal.web.recipient.link_states import View
from portal.web.recipient.page_content import FormState

EMPTY_FORM = FormState()


@blueprint.get("/k/<code>", endpoint="page")
@blueprint.get("/<code>", endpoint="short_page")
def show_page(code: str) -> str:
    link, context = find_link(code)
    visit_recorder.record_visit(context.link_id, request)
    return render_link_page(link, context, link_states.asking_view(link, context))


def render_link_page(
    link: shortlinks.Resolution, context: LinkContext, view: View, form_state: FormState = EMPTY_FORM
) -> str:  # fmt: skip
    """Render a link's page: from the cache for people who have decided nothing, else for this one alone."""
    language, current = get_locale().language, load_current_consents(read_session(), context)
    mine = page_content.personal_content(vault(), link, context, view, language=language, at=clock.now())
    page = partial(
        page_content.build_link_page, read_session(), context, view, current, form_state=form_state, language=language
    )
    if not current.held and not current.is_merchant and not context.reassigned_at and not form_state.messages:
        return page_cache.render_cached(context, view, mine, page)
    return render_template("recipient/page.html", page=page(mine))
