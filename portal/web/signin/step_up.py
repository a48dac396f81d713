"""Step-up: sensitive pages ask for a second factor again."""

from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required, login_user

from portal.core import clock
from portal.core.extensions import db, limiter
from portal.core.models import ThrottledAction
from portal.core.throttle import TooManyRequests
from portal.domain.identity import sessions
from portal.web.shared import limits, webauthn_challenges
from portal.web.signin import return_url
from portal.web.signin.blueprint import blueprint
from portal.web.signin.second_step import CodeForm, first_page, use_code


@blueprint.route("/step-up", methods=["GET", "POST"])
@login_required
@limiter.limit(limits.SIGN_IN, methods=["POST"])
def step_up() -> ResponseReturnValue:
    """Ask for a code, then go on to the requested page."""
    form = CodeForm()
    if not form.validate_on_submit():
        return render_page(form), 422 if form.errors else 200
    try:
        by = use_code(current_user.user, form.code.data, ThrottledAction.STEP_UP)
    except TooManyRequests as many:
        return render_page(form, again_at=many.again_at_minute), 429
    if by is None:
        return render_page(form, failed=True), 403
    return complete_step_up()


def render_page(form: CodeForm, **facts: Any) -> str:
    """Ask for a code, or for a passkey if the user has one."""
    passkey = webauthn_challenges.request_options(current_user.id, clock.now())
    form.code.data = None  # No page shows a code again.
    return render_template(
        "signin/step_up.html", form=form, onward=_next_page(), passkey=passkey, was_posted=_was_posted(), **facts
    )


def complete_step_up() -> ResponseReturnValue:
    """Renew the session's cookie and redirect to the requested page. Commits."""
    renewed = sessions.step_up(db.session, current_user, clock.now())
    db.session.commit()
    login_user(renewed)
    return redirect(_next_page(), 303)


def _was_posted() -> bool:
    """Whether a form was refused for lack of step-up, so that its input is lost."""
    return "next" not in request.values


def _next_page() -> str:
    """The requested page, the page of the refused form, or the user's first page."""
    return return_url.safe_path(request.values.get("next")) or return_url.referring_path() or first_page(current_user)
