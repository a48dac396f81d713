"""Step-up: before a dangerous page the person shows a factor again."""

from flask import redirect, render_template, request
from flask_login import current_user, login_required

from portal import clock, limits, presence
from portal.extensions import db, limiter
from portal.models import Step
from portal.signin import door, onward
from portal.signin.second_step import CodeForm, first_page, shown
from portal.trying import TooManyTries


@door.route("/step-up", methods=["GET", "POST"])
@login_required
@limiter.limit(limits.SIGN_IN, methods=["POST"])
def step_up():
    """Ask for a code, then go on to where the person was going."""
    form = CodeForm()
    if not form.validate_on_submit():
        return _page(form), 422 if form.errors else 200
    try:
        by = shown(current_user.user, form.code.data, Step.STEP_UP)
    except TooManyTries as many:
        return _page(form, again_at=many.told_at), 429
    if by is None:
        return _page(form, failed=True), 403
    presence.step_up(db.session, current_user, clock.now())
    db.session.commit()
    return redirect(_onward(), 303)


def _onward() -> str:
    """A page of this house: the one that was asked for, the one with the form that was refused, or the first."""
    return onward.ours(request.values.get("next")) or onward.referred() or first_page(current_user)


def _page(form: CodeForm, **facts) -> str:
    return render_template("signin/step_up.html", form=form, onward=_onward(), **facts)
