"""Passkeys instead of codes, as second step and step-up. They cannot be guessed, so attempts are not throttled, and a
user whose codes are throttled can still sign in."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from portal.core import clock
from portal.core.extensions import db, limiter
from portal.core.models import SignInMethod, User
from portal.domain import audit
from portal.domain.identity import passkeys
from portal.web.shared import limits, webauthn_challenges
from portal.web.signin import pending_sign_in, second_step, step_up
from portal.web.signin.blueprint import blueprint
from portal.web.signin.second_step import CodeForm


@blueprint.post("/sign-in/passkey")
@limiter.limit(limits.SIGN_IN)
def show_passkey() -> ResponseReturnValue:
    """Complete a pending sign-in."""
    user = pending_sign_in.find_user()
    if user is None:
        return redirect(url_for(".sign_in"), 303)
    if not _verify_answer(user):
        return second_step.render_page(user, CodeForm(), failed_passkey=True), 403
    return second_step.redirect_signed_in(user, SignInMethod.PASSKEY)


@blueprint.post("/step-up/passkey")
@login_required
@limiter.limit(limits.SIGN_IN)
def step_up_by_passkey() -> ResponseReturnValue:
    """Step up, and go on to the requested page."""
    if not _verify_answer(current_user.user):
        return step_up.render_page(CodeForm(), failed_passkey=True), 403
    return step_up.complete_step_up()


def _verify_answer(user: User) -> bool:
    """Whether the browser's answer is valid for the user. The caller commits."""
    challenge, answer = webauthn_challenges.pop_challenge(), request.form.get("answer", "")
    if challenge is None:
        return False
    try:
        passkeys.verify_passkey(
            db.session, user.id, answer, webauthn_challenges.current_origin(), challenge, clock.now()
        )
    except passkeys.ClonedPasskey:
        audit.note(
            db.session, "passkey.copied", "user", user.id, provider_id=None, at=clock.now(), user_id=user.id
        )  # fmt: skip
        db.session.commit()
        return False
    except passkeys.InvalidAnswer:
        db.session.rollback()
        return False
    return True
