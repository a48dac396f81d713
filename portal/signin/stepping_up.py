"""Step-up: before a dangerous page the person shows a factor again."""

from flask import redirect, render_template, request
from flask_login import current_user, login_required

from portal import clock, limits, presence
from portal.extensions import db, limiter
from portal.signin import door
from portal.signin.second_step import CodeForm, first_page, shown


@door.route("/step-up", methods=["GET", "POST"])
@login_required
@limiter.limit(limits.SIGN_IN, methods=["POST"])
def step_up():
    """Ask for a code, then go on to where the person was going."""
    form = CodeForm()
    if form.validate_on_submit():
        if shown(current_user.user, form.code.data) is not None:
            presence.step_up(db.session, current_user, clock.now())
            db.session.commit()
            return redirect(_onward(), 303)
        db.session.rollback()
        return render_template("signin/step_up.html", form=form, failed=True, onward=_onward()), 403
    return render_template("signin/step_up.html", form=form, failed=False, onward=_onward())


def _onward() -> str:
    """A page of this house, or the first one: never another's address."""
    path = request.values.get("next", "")
    is_ours = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if is_ours else first_page(current_user)
