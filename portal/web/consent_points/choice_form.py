"""Choosing: what somebody chose is kept in a token, and an address is asked for. A form on the brand's own site posts
to the same place: what it says is shown to the person again, in words, and counts when they say that it is theirs."""

from dataclasses import replace

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.extensions import limiter
from portal.core.iys_protocol import Status
from portal.domain.consent_points import PublicPoint
from portal.web.consent_points import form_token, pages
from portal.web.consent_points.blueprint import blueprint
from portal.web.consent_points.form_token import Selection
from portal.web.consent_points.lookup import find_point
from portal.web.recipient import choices
from portal.web.recipient.page_content import FormState
from portal.web.shared import cross_site, limits


@blueprint.get("/<slug>")
def page(slug: str) -> ResponseReturnValue:
    """Who asks, what for, and the choices. Opening it decides nothing."""
    if slug != slug.lower():  # As somebody types it from a poster.
        return redirect(url_for(".page", slug=slug.lower()), 301)
    place = find_point(slug)
    return pages.render_choices(place) if place.is_open else pages.render_closed(place)


@blueprint.post("/<slug>")
@limiter.limit(limits.POINT)
def choose(slug: str) -> ResponseReturnValue:
    """Take the choices; on to the address. Nothing is decided yet."""
    place = find_point(slug)
    if not place.is_open:
        return pages.render_closed(place)
    served, at = form_token.read(request.form.get("form", ""), place.point_id), clock.now()
    if served is None or not served.is_fresh(at) or cross_site.is_cross_site_post():
        return _ask_to_confirm(place, served)
    name = choices.read_name(request.form) or served.name
    if "review" in request.form:
        return pages.render_review(place, FormState(chosen=served.choices, name=name))
    if "change" in request.form:
        return pages.render_choices(place, FormState(chosen=served.choices, name=served.name))
    chosen = replace(served, choices=served.choices or choices.read_choices(request.form, place.channels), name=name)
    messages = () if chosen.choices else ("choose",)
    if Status.GRANTED in chosen.choices.values():
        wrong = choices.name_problem(name, is_required=place.requires_name)
        messages = (wrong,) if wrong else ()
    if messages:
        form_state = FormState(messages, chosen=chosen.choices, name=name)
        show = pages.render_review if served.choices else pages.render_choices
        return show(place, form_state), 422
    return ask_for_address(place, replace(chosen, name=name[: choices.LONGEST_NAME]))  # Beside refusals nobody has looked at it.


def ask_for_address(place: PublicPoint, chosen: Selection) -> ResponseReturnValue:
    """On to the address; or, where the codes of the day are used up, to the one that is left."""
    gone = pages.used_up_kinds(place)
    left = {channel: status for channel, status in chosen.choices.items() if pages.kind_of(channel) not in gone}
    if not left:
        return pages.render_no_codes(place), 429
    lost = tuple(channel for channel in chosen.choices if channel not in left)
    return pages.render_address_form(place, replace(chosen, choices=left), lost=lost)


def _ask_to_confirm(place: PublicPoint, old: Selection | None) -> ResponseReturnValue:
    """From the brand's own site, or from a page that was left open for days: nothing that was posted is taken as a
    person's word before they have seen our text and said that these are their choices (Regulation art. 7). Nor where
    the site has fetched a token of ours beforehand."""
    posted = choices.read_choices(request.form, place.channels) or (old.choices if old else {})
    if not posted:
        return redirect(url_for(".page", slug=place.slug), 303)
    return pages.render_review(place, FormState(chosen=posted, name=choices.read_name(request.form)[: choices.LONGEST_NAME]))
