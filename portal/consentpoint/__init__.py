"""The door of consent points: a brand's page behind a QR code, or behind a form on its own site. No cookie: choices
travel in a signed token, until an address is proved."""

from flask import Blueprint, abort, redirect, render_template, request, url_for

from portal import points
from portal.extensions import reading
from portal.points import Place
from portal.web.languages import LANGUAGES

door = Blueprint("consentpoint", __name__, url_prefix="/b")


@door.url_defaults
def keep_language(_endpoint: str, values: dict) -> None:
    """Who chose a language goes on in it: nothing else remembers."""
    if request and request.args.get("lang") in LANGUAGES:
        values.setdefault("lang", request.args["lang"])


@door.get("/<slug>")
def page(slug: str):
    """Who asks, what for, and the choices. Opening it decides nothing."""
    if slug != slug.lower():  # As somebody types it from a poster.
        return redirect(url_for(".page", slug=slug.lower()), 301)
    place = find(slug)
    return pages.choosing(place) if place.is_open else pages.shut(place)


def find(slug: str) -> Place:
    """The point at this address; nothing else stands under /b/."""
    place = points.find(reading(), slug)
    if place is None:
        abort(404)
    return place


from portal.consentpoint import (  # noqa: E402 - the pages register with the door
    answering,  # noqa: F401
    asking,  # noqa: F401
    choosing,  # noqa: F401
    pages,
)


@door.errorhandler(404)
def not_found(_error):
    """A page that helps whoever holds a mistyped address."""
    return render_template("consentpoint/not_found.html", slug=request.view_args["slug"]), 404
