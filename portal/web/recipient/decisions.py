"""Record what is posted on a link's page: a refusal always, a grant where the link asks and nothing is missing."""

from dataclasses import replace
from datetime import timedelta

from flask import abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

import shortlinks
from portal.core import clock
from portal.core.extensions import db, vault, write_session
from portal.core.iys_protocol import Status
from portal.core.models.link_context import LinkContext
from portal.domain import consents
from portal.web.recipient import link_states, one_click, page_content, posted_form, receipts
from portal.web.recipient.blueprint import blueprint
from portal.web.recipient.foreign_host import is_foreign_host, note_refusal
from portal.web.recipient.link_page import find_link, render_link_page
from portal.web.recipient.link_states import View
from portal.web.recipient.page_content import FormState


@blueprint.post("/k/<code>", strict_slashes=False, endpoint="decide")
@blueprint.post("/k/<code>/<glued:rest>", endpoint="decide")
@blueprint.post("/<code>", strict_slashes=False, endpoint="short_decide")
@blueprint.post("/<glued_code:code>/<glued:rest>", endpoint="short_decide")
def decide(code: str) -> ResponseReturnValue:
    """Record the choices of a form; then show the receipt."""
    link, context = find_link(code)
    return record_choices(link, context, link_states.asking_view(link, context, page_content.address_of(context)))


def record_choices(link: shortlinks.Resolution, context: LinkContext, view: View) -> ResponseReturnValue:
    """Record what was posted and redirect to its receipt, or show the page again with what is missing. Where a mail
    program posts, refuse at once."""
    if one_click.is_one_click():
        return one_click.refuse_at_once(context, view)
    view = replace(view, asks=view.asks and not is_foreign_host())
    posted = posted_form.read_token(request.form.get("form", ""), context.link_id, clock.now())
    g.language = posted.form.language if posted.form else None
    chosen = posted_form.read_choices(request.form, view.channels, view.all_channels)
    name = posted_form.read_name(request.form)
    form_state = FormState(chosen=chosen, name=name)
    if not chosen:
        return render_link_page(link, context, view, replace(form_state, messages=("choose",))), 422
    asks_for_grant = view.may_grant and Status.GRANTED in chosen.values()
    wrong = posted_form.name_problem(name, is_required=context.requires_name) if asks_for_grant else None
    if wrong:  # Refusals need no name, and are recorded.
        chosen = {channel: status for channel, status in chosen.items() if status == Status.REFUSED}
    if not chosen:
        return render_link_page(link, context, view, replace(form_state, messages=(wrong or "choose",))), 422
    try:
        act = _decide(context, view, posted, chosen, name if len(name) <= posted_form.LONGEST_NAME else "")
    except consents.TooSoon:
        db.session.rollback()
        return render_link_page(link, context, view, replace(form_state, messages=("too_soon",))), 409
    db.session.commit()
    if act.receipt_id is not None and is_foreign_host():
        note_refusal()
    return _respond(link, context, view, act, wrong, form_state)


def _respond(
    link: shortlinks.Resolution, context: LinkContext, view: View, act: consents.DecisionResult, wrong: str | None,
    form_state: FormState,
) -> ResponseReturnValue:  # fmt: skip
    """Redirect to the receipt; or show the page again, where grants lack something or must be given once more."""
    if wrong or act.asks_again:
        _, context = find_link(page_content.requested_code())  # What was decided just now holds.
    if wrong:
        return render_link_page(link, context, view, replace(form_state, messages=("refused", wrong))), 422
    if act.asks_again:
        why = "again" if view.may_grant else "closed"
        messages = ("refused", why) if act.receipt_id else (why,)
        return render_link_page(link, context, view, FormState(messages, name=form_state.name)), 409
    assert act.receipt_id is not None and act.nonce is not None  # Something was decided.
    code = receipts.receipt_code(act.receipt_id, act.nonce)
    return redirect(url_for(".receipt", code=code, **page_content.language_args()), 303)


def _decide(
    context: LinkContext, view: View, posted: posted_form.Posted, chosen: consents.Choices, name: str
) -> consents.DecisionResult:  # fmt: skip
    """Apply the decision, without committing."""
    try:
        return consents.decide(
            write_session(),
            vault(),
            context,
            chosen,
            posted.form,
            is_live=view.may_grant and posted.asked,
            language=get_locale().language,
            request_metadata=consents.describe_request(request.remote_addr, request.user_agent.string),
            at=clock.now(),
            undo_period=timedelta(seconds=current_app.config["UNDO_SECONDS"]),
            name=name,
        )
    except consents.TooMany:
        db.session.rollback()
        abort(429)
