"""The page of a link. Opening it decides nothing."""

from functools import partial

from flask import render_template, request
from flask_babel import get_locale

import shortlinks
from portal import clock
from portal.extensions import reading, vault
from portal.models.invitation import Invitation, heads_of
from portal.recipient import openings, pages, prints, states
from portal.recipient.blueprint import door
from portal.recipient.links import find
from portal.recipient.pages import Back
from portal.recipient.states import View

NOTHING = Back()


@door.get("/k/<code>", endpoint="page")
@door.get("/<code>", endpoint="short_page")
def show_page(code: str):
    """Show what is asked."""
    link, invitation = find(code)
    openings.note(link.link_id, request)
    return page_of(link, invitation, states.asking(link, invitation))


def page_of(link: shortlinks.Resolution, invitation: Invitation, view: View, back: Back = NOTHING) -> str:
    """A link's page: the same print for all who have decided nothing, and drawn for one alone who has more to see."""
    language, heads = get_locale().language, heads_of(reading(), invitation)
    mine = pages.personal(vault(), link, invitation, view, language=language, at=clock.now())
    page = partial(pages.link_page, reading(), invitation, view, heads, back=back, language=language)
    if not heads.held and not heads.is_merchant and not invitation.disowned_at and not back.messages:
        return prints.fill(invitation, view, mine, page)
    return render_template("recipient/page.html", page=page(mine))
