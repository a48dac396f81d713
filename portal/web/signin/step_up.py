"""Step-up: before a dangerous page the person shows a factor again."""

from flask import redirect, render_template, request
from flask_login import current_user, login_required, login_user

from portal.core import clock
from portal.core.extensions import db, limiter
from portal.core.models import ThrottledAction
from portal.domain.identity import sessions
from portal.core.throttle import TooManyRequests
from portal.web.shared import limits, webauthn_challenges
from portal.web.signin import return_url
from portal.web.signin.blueprint import blueprint
from portal.web.signin.second_step import CodeForm, first_page, shown


@blueprint.route("/step-up", methods=["GET", "POST"])
@login_required
@limiter.limit(limits.SIGN_IN, methods=["POST"])
def step_up():
    """Ask for a code, then go on to where the person was going."""
    form = CodeForm()
    if not form.validate_on_submit():
        return page(form), 422 if form.errors else 200
    try:
        by = shown(current_user.user, form.code.data, ThrottledAction.STEP_UP)
    except TooManyRequests as many:
        return page(form, again_at=many.again_at_minute), 429
    if by is None:
        return page(form, failed=True), 403
    return go_on()


def page(form: CodeForm, **facts) -> str:
    """Ask for a code, or for a passkey where the person has one."""
    passkey = webauthn_challenges.request_options(current_user.id, clock.now())
    form.code.data = None  # No code goes back to a page.
    return render_template(
        "signin/step_up.html", form=form, onward=_onward(), passkey=passkey, was_posted=_was_posted(), **facts
    )


def go_on():
    """The person has shown a factor just now: the browser gets another cookie for the same session. Commits."""
    renewed = sessions.step_up(db.session, current_user, clock.now())
    db.session.commit()
    login_user(renewed)
    return redirect(_onward(), 303)


def _was_posted() -> bool:
    """Whether it was a form that was refused, which no link can lead back to: what was typed into it is gone."""
    return "next" not in request.values


def _onward() -> str:
    """A page of this house: the one that was asked for, the one with the form that was refused, or the first."""
    return return_url.ours(request.values.get("next")) or return_url.referred() or first_page(current_user)
