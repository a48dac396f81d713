"""The recipient's door: a link's page, and what it leads to. No cookie: the code in the address is the credential."""

from functools import partial

from flask import Blueprint, abort, current_app, render_template, request
from flask_babel import get_locale

import shortlinks
from portal import clock
from portal.extensions import reading, vault
from portal.models.invitation import Invitation, heads_of, invitation_of
from portal.recipient import openings, pages, prints, states
from portal.recipient.pages import Back
from portal.recipient.states import View
from portal.web import guesses, hosts
from shortlinks import LinkState

door = Blueprint("recipient", __name__)
NOTHING = Back()


@door.get("/k/<code>", endpoint="page")
@door.get("/<code>", endpoint="short_page")
def show_page(code: str):
    """Show what is asked. Opening it decides nothing."""
    link, invitation = find(code)
    openings.note(link.link_id, request)
    return page_of(link, invitation, states.asking(link, invitation))


def find(code: str) -> tuple[shortlinks.Resolution, Invitation]:
    """The link and what it leads to; unknown, damaged and guessed codes take one path to the same page."""
    link = shortlinks.resolve(reading(), current_app.config["LINK_SALT"], code, clock.now())
    invitation = invitation_of(reading(), link.link_id or 0)
    if link.state == LinkState.UNKNOWN or not belongs_here(invitation):
        guesses.count()
        abort(404)
    return link, invitation


def belongs_here(invitation: Invitation | None) -> bool:
    """A brand's own host speaks for that brand only; ours for all of them."""
    return invitation is not None and hosts.brand_of_host() in (None, invitation.brand_id)


def page_of(link: shortlinks.Resolution, invitation: Invitation, view: View, back: Back = NOTHING) -> str:
    """A link's page: the same print for all who have decided nothing, and drawn for one alone who has more to see."""
    language, heads = get_locale().language, heads_of(reading(), invitation)
    mine = pages.personal(vault(), link, invitation, view, language=language, at=clock.now())
    page = partial(pages.link_page, reading(), invitation, view, heads, back=back, language=language)
    if not heads.held and not heads.is_merchant and not invitation.disowned_at and not back.messages:
        return prints.fill(invitation, view, mine, page)
    return render_template("recipient/page.html", page=page(mine))


from portal.recipient import complaining, deciding, looks, not_mine, one_click, receipts  # noqa: E402, F401


@door.errorhandler(404)
def not_found(_error):
    """A page that helps whoever holds a cut or mistyped link."""
    return render_template("recipient/not_found.html"), 404
