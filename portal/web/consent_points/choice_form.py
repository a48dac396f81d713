"""The form of choices: they are kept in a token, then an address is asked for.

A form on the brand's own site posts to the same URL. Its choices are shown to the person again, in words, and count
only once they confirm them here.
"""

from collections.abc import Sequence
from dataclasses import replace

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.extensions import limiter
from portal.core.iys_protocol import Channel, Status
from portal.domain.consent_points import PublicPoint
from portal.web.consent_points import pages, selection
from portal.web.consent_points.blueprint import blueprint
from portal.web.consent_points.pages import find_point
from portal.web.consent_points.selection import Selection
from portal.web.recipient import posted_form
from portal.web.recipient.page_content import FormState
from portal.web.shared import form_tokens, limits


@blueprint.get("/<slug>")
def page(slug: str) -> ResponseReturnValue:
    """Show who asks, what for, and the choices. Opening it decides nothing."""
    if slug != slug.lower():  # As somebody types it from a poster.
        return redirect(url_for(".page", slug=slug.lower()), 301)
    point = find_point(slug)
    return pages.render_choices(point) if point.is_open else pages.render_closed(point)


@blueprint.post("/<slug>")
@limiter.limit(limits.POINT)
def choose(slug: str) -> ResponseReturnValue:
    """Read the choices; go on to the address. Nothing is decided yet."""
    point = find_point(slug)
    served, at = selection.read_token(request.form.get("form", ""), point.point_id), clock.now()
    if not point.is_open:
        posted = _read_choices(point) or (served.choices if served else {})
        return pages.render_closed(point, unrecorded=posted), 409
    if served is None or not served.is_fresh(at) or form_tokens.is_cross_site_post():
        return _ask_to_confirm(point, served)
    name = posted_form.read_name(request.form) or served.name
    if "review" in request.form:
        return pages.render_review(point, FormState(chosen=served.choices, name=name))
    if "change" in request.form:
        return pages.render_choices(point, FormState(chosen=served.choices, name=served.name))
    chosen = replace(served, choices=served.choices or _read_choices(point), name=name, chosen_at=at)
    messages = () if chosen.choices else ("choose",)
    if Status.GRANTED in chosen.choices.values():
        wrong = posted_form.name_problem(name, is_required=point.requires_name)
        messages = (wrong,) if wrong else ()
    if messages:
        form_state = FormState(messages, chosen=chosen.choices, name=name)
        show = pages.render_review if served.choices else pages.render_choices
        return show(point, form_state), 422
    is_good = posted_form.name_problem(name, is_required=False) is None  # Beside refusals it was not checked.
    return ask_for_address(point, replace(chosen, name=name if is_good else ""))


def ask_for_address(
    point: PublicPoint, chosen: Selection, asks_again: Sequence[Channel] = (),
    recorded: pages.RecordedDecision | None = None,
) -> ResponseReturnValue:  # fmt: skip
    """Ask for the address; where one kind's daily codes are used up, for the other kind only."""
    gone = pages.used_up_kinds(point)
    left = {channel: status for channel, status in chosen.choices.items() if pages.kind_of(channel) not in gone}
    if not left:
        shown = pages.render_no_codes(point, chosen.choices, asks_again, recorded)
        return shown, 200 if recorded else 429
    lost = tuple(channel for channel in chosen.choices if channel not in left)
    left_to_ask = replace(chosen, choices=left)
    return pages.render_address_form(point, left_to_ask, lost=lost, asks_again=asks_again, recorded=recorded)


def _ask_to_confirm(point: PublicPoint, old: Selection | None) -> ResponseReturnValue:
    """Show choices for confirmation from the brand's own site (even with a token that it fetched here), or from
    a page left open for days: they count once the person has seen our text and confirmed (Regulation art. 7)."""
    posted = _read_choices(point) or (old.choices if old else {})
    if not posted:
        return redirect(url_for(".page", slug=point.slug), 303)
    name = posted_form.read_name(request.form)[: posted_form.LONGEST_NAME]
    return pages.render_review(point, FormState(chosen=posted, name=name))


def _read_choices(point: PublicPoint) -> dict[Channel, Status]:
    return posted_form.read_choices(request.form, point.channels, pages.all_channels(point))
