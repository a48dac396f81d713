"""Enrolling a first factor after the password: an authenticator app's secret, its first code, recovery codes."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, limiter, vault
from portal.core.models import Factor, SignInMethod, ThrottledAction, User
from portal.core.throttle import TooManyRequests
from portal.domain import audit
from portal.domain.identity import accounts, factors, login_throttle
from portal.web.shared import limits, qr_code
from portal.web.signin import pending_sign_in
from portal.web.signin.blueprint import blueprint
from portal.web.signin.second_step import CodeForm, begin_session


@blueprint.route("/sign-in/enrol", methods=["GET", "POST"])
@limiter.limit(limits.SIGN_IN, methods=["POST"])
def enrol() -> ResponseReturnValue:
    """Show the secret until its first code comes back, then the recovery codes, once."""
    user = pending_sign_in.find_user(pending_sign_in.FOR_ENROLMENT)
    if user is None:
        return redirect(url_for(".sign_in"), 303)
    if factors.list_factors(db.session, user.id):  # A pending sign-in adds no second factor.
        return redirect(url_for(".second_step"), 303)
    factor, form = _find_or_create_app(user), CodeForm()
    if not form.validate_on_submit():
        return _page(user, factor, form), 422 if form.errors else 200
    try:
        codes = _confirm_app(user, factor, form.code.data)
    except TooManyRequests as many:
        return _page(user, factor, form, again_at=many.again_at_minute), 429
    if codes is None:
        return _page(user, factor, form, failed=True), 403
    return render_template("signin/recovery_codes.html", codes=codes, onward=begin_session(user, SignInMethod.TOTP))


def _find_or_create_app(user: User) -> Factor:
    """The unconfirmed app of this pending sign-in; a new one where there is none. Commits."""
    factor = db.session.get(Factor, pending_sign_in.factor_id() or 0)
    if factor is None or factor.user_id != user.id or factor.confirmed_at:
        factors.delete_unconfirmed(db.session, user.id)
        factor = factors.enrol_totp(db.session, vault(), user.id, name=_("Doğrulama uygulaması"), at=clock.now())
        db.session.commit()
        pending_sign_in.remember_factor(factor.id)
    return factor


def _confirm_app(user: User, factor: Factor, code: str) -> list[str] | None:
    """Recovery codes if this is a code of the app, else None. The caller commits by beginning the session."""
    at = clock.now()
    try:
        attempt = login_throttle.begin_code(
            db.session, vault(), ThrottledAction.FACTOR, user.id, address=request.remote_addr or "", at=at
        )
    finally:
        db.session.commit()
    db.session.execute(select(User.id).where(User.id == user.id).with_for_update())  # Concurrent requests queue up.
    if factors.list_factors(db.session, user.id) or not factors.use_factor_code(db.session, vault(), factor, code, at):
        db.session.rollback()
        return None
    login_throttle.delete_hit(db.session, attempt)
    audit.note(
        db.session, "factor.added", "user", user.id, provider_id=None, at=at, user_id=user.id,
        facts={"kind": factor.kind.value},
    )  # fmt: skip
    return factors.create_recovery_codes(db.session, vault(), user.id, at)


def _page(user: User, factor: Factor, form: CodeForm, **facts: Any) -> str:
    form.code.data = None  # No page shows a code again.
    uri = factors.provisioning_uri(vault(), factor, accounts.email_of(vault(), user))
    secret = factors.totp_secret(vault(), factor)
    return render_template(
        "signin/enrol.html",
        form=form,
        uri=uri,
        picture=qr_code.svg(uri, _("Doğrulama uygulamasının okuyacağı QR kodu")),
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        **facts,
    )
