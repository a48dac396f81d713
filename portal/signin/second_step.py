"""The second step: a code of the authenticator app, or one of the recovery codes."""

from flask import redirect, render_template, request, session, url_for
from flask_babel import lazy_gettext as _l
from flask_login import login_user
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from portal import audit, clock, factors, limits, presence
from portal.extensions import db, limiter, vault
from portal.models import By, User
from portal.signin import door, half


class CodeForm(FlaskForm):
    code = StringField(_l("Uygulamadaki kod"), validators=[InputRequired(), Length(max=40)])


@door.route("/sign-in/second", methods=["GET", "POST"])
@limiter.limit(limits.SIGN_IN, methods=["POST"])
def second_step():
    """Ask for a code; a used one opens nothing."""
    user = half.whose()
    if user is None:
        return redirect(url_for(".sign_in"), 303)
    form = CodeForm()
    if form.validate_on_submit():
        by = shown(user, form.code.data)
        if by is not None:
            return come_in(user, by)
        db.session.rollback()
        return render_template("signin/second_step.html", form=form, failed=True), 403
    return render_template("signin/second_step.html", form=form, failed=False)


def shown(user: User, code: str) -> By | None:
    """By what a code proves the person, if it does; it is spent by it."""
    at = clock.now()
    if factors.show_code(db.session, vault(), user, code, at):
        return By.TOTP
    return By.RECOVERY if factors.spend_recovery_code(db.session, user.id, code, at) else None


def come_in(user: User, by: By):
    """Begin the session. It ends with the browser, or by its age. Commits."""
    half.end()
    began = presence.begin(
        db.session, vault(), user, by=by, address=request.remote_addr or "", agent=request.user_agent.string,
        device_digest=None, at=clock.now(),
    )  # fmt: skip
    audit.note(
        db.session, "signed_in", "user", user.id, provider_id=began.provider_id, at=clock.now(), user_id=user.id,
        sign_in_id=began.sign_in.id, facts={"by": by.value},
    )  # fmt: skip
    db.session.commit()
    login_user(began)
    session.modified = True
    return redirect(first_page(began), 303)


def first_page(person: presence.Presence) -> str:
    """Where a person begins: their provider's dashboard, the operator's console, or the choice between several."""
    if person.provider is not None:
        return url_for("dashboard.overview")
    if person.user.operator_role is not None and not presence.memberships(db.session, person.id):
        return url_for("operator.providers")
    return url_for("account.choose")
