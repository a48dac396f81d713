"""A passkey in place of a code: at the second step, and before a dangerous page. Guessing one is hopeless, so tries are
not counted: whoever is shut out by guessed codes comes in by it."""

from flask import redirect, request, url_for
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
def show_passkey():
    """Come in by it, where the password was right."""
    user = pending_sign_in.whose()
    if user is None:
        return redirect(url_for(".sign_in"), 303)
    if not _is_shown(user):
        return second_step.page(user, CodeForm(), failed_passkey=True), 403
    return second_step.come_in(user, SignInMethod.PASSKEY)


@blueprint.post("/step-up/passkey")
@login_required
@limiter.limit(limits.SIGN_IN)
def step_up_by_passkey():
    """Go on by it to where the person was going."""
    if not _is_shown(current_user.user):
        return step_up.page(CodeForm(), failed_passkey=True), 403
    return step_up.go_on()


def _is_shown(user: User) -> bool:
    """Whether the browser's answer proves the person, in a transaction that the caller commits."""
    challenge, answer = webauthn_challenges.pop_challenge(), request.form.get("answer", "")
    if challenge is None:
        return False
    try:
        passkeys.verify_passkey(db.session, user.id, answer, webauthn_challenges.current_origin(), challenge, clock.now())
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
