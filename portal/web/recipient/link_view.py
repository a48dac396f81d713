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
from portal.web.recipient.link_lookup import find
from portal.web.recipient.link_states import View
from portal.web.recipient.page_content import Back

NOTHING = Back()


@blueprint.get("/k/<code>", endpoint="page")
@blueprint.get("/<code>", endpoint="short_page")
def show_page(code: str):
    """Show what is asked."""
    link, invitation = find(code)
    visit_recorder.record_visit(link.link_id, request)
    return page_of(link, invitation, link_states.asking(link, invitation))


def page_of(link: shortlinks.Resolution, invitation: LinkContext, view: View, back: Back = NOTHING) -> str:
    """A link's page: the same print for all who have decided nothing, and drawn for one alone who has more to see."""
    language, heads = get_locale().language, load_current_consents(read_session(), invitation)
    mine = page_content.personal(vault(), link, invitation, view, language=language, at=clock.now())
    page = partial(page_content.link_page, read_session(), invitation, view, heads, back=back, language=language)
    if not heads.held and not heads.is_merchant and not invitation.reassigned_at and not back.messages:
        return page_cache.fill(invitation, view, mine, page)
    return render_template("recipient/page.html", page=page(mine))
