"""The recipient's door: a link's page and its decision. No cookie: the code in the address is the credential."""

from functools import partial

from flask import Blueprint, abort, current_app, g, redirect, render_template, request, url_for
from flask_babel import get_locale

import shortlinks
from portal import clock, consents
from portal.extensions import db, reading, vault
from portal.models.invitation import Invitation, heads_of, invitation_of
from portal.recipient import choices, forms, guesses, openings, pages, prints
from portal.web import hosts
from shortlinks import LinkState

door = Blueprint("recipient", __name__)


@door.get("/k/<code>", endpoint="page")
@door.get("/<code>", endpoint="short_page")
def show_page(code: str):
    """Show what is asked. Opening it decides nothing."""
    link, invitation = find(code)
    openings.note(link.link_id, request)
    return _page(link, invitation)


@door.post("/k/<code>", endpoint="decide")
@door.post("/<code>", endpoint="short_decide")
def decide(code: str):
    """Take the choices of a form that a person filled; then show the receipt."""
    link, invitation = find(code)
    form = forms.read(request.form.get("form", ""), link.link_id, clock.now())
    g.language = form.language if form else None
    chosen = choices.read(request.form, invitation.channels)
    if not chosen:
        return _page(link, invitation, message="choose"), 422
    try:
        act = consents.decide(
            db.session,
            vault(),
            invitation,
            chosen,
            form,
            is_live=pages.may_grant(link, invitation),
            language=get_locale().language,
            seen=consents.seen_of(request.remote_addr, request.user_agent.string),
            at=clock.now(),
        )
    except consents.TooMany:
        db.session.rollback()
        abort(429)
    except consents.TooSoon:
        db.session.rollback()
        return _page(link, invitation, message="too_soon", chosen=chosen), 409
    db.session.commit()
    if act.asks_again:
        return _page(link, invitation, message="refused_rest" if act.receipt_id else "again"), 409
    return redirect(url_for(".receipt", code=receipts.receipt_code(act.receipt_id, act.nonce), **_spoken()), 303)


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


def _page(link: shortlinks.Resolution, invitation: Invitation, *, message=None, chosen=None) -> str:
    language, heads = get_locale().language, heads_of(reading(), invitation)
    mine = pages.personal(vault(), invitation, language=language, at=clock.now())
    page = partial(pages.link_page, reading(), link, invitation, heads, language=language)
    if not heads and message is None:
        return prints.fill(link, invitation, mine, page)
    return render_template("recipient/page.html", page=page(mine, message=message, chosen=chosen))


def _spoken() -> dict[str, str]:
    return {"lang": "en"} if get_locale().language == "en" else {}


from portal.recipient import looks, receipts  # noqa: E402, F401 - their pages register with the door


@door.errorhandler(404)
def not_found(_error):
    """A page that helps whoever holds a cut or mistyped link."""
    return render_template("recipient/not_found.html"), 404
