"""A first factor: who has none gets an app's secret after the password, shows a code of it; then recovery codes."""

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, limiter, vault
from portal.core.models import Factor, SignInMethod, ThrottledAction, User
from portal.domain import audit
from portal.domain.identity import accounts, factors, login_throttle
from portal.core.throttle import TooManyRequests
from portal.web.shared import limits, qr_code
from portal.web.signin import pending_sign_in
from portal.web.signin.blueprint import blueprint
from portal.web.signin.second_step import CodeForm, enter


@blueprint.route("/sign-in/enrol", methods=["GET", "POST"])
@limiter.limit(limits.SIGN_IN, methods=["POST"])
def enrol():
    """Show the secret until a code of it comes back; then the recovery codes, this once."""
    user = pending_sign_in.whose(pending_sign_in.FOR_ENROLMENT)
    if user is None:
        return redirect(url_for(".sign_in"), 303)
    if factors.list_factors(db.session, user.id):  # Half a sign-in gets a first factor, and never one more.
        return redirect(url_for(".second_step"), 303)
    factor, form = _candidate(user), CodeForm()
    if not form.validate_on_submit():
        return _page(user, factor, form), 422 if form.errors else 200
    try:
        codes = _confirm(user, factor, form.code.data)
    except TooManyRequests as many:
        return _page(user, factor, form, again_at=many.again_at_minute), 429
    if codes is None:
        return _page(user, factor, form, failed=True), 403
    return render_template("signin/recovery_codes.html", codes=codes, onward=enter(user, SignInMethod.TOTP))


def _candidate(user: User) -> Factor:
    """The app that this half sign-in was shown; a new one where there is none. Commits."""
    factor = db.session.get(Factor, pending_sign_in.candidate() or 0)
    if factor is None or factor.user_id != user.id or factor.confirmed_at:
        factors.delete_unconfirmed(db.session, user.id)
        factor = factors.enrol_totp(db.session, vault(), user.id, name=_("Doğrulama uygulaması"), at=clock.now())
        db.session.commit()
        pending_sign_in.enrols(factor.id)
    return factor


def _confirm(user: User, factor: Factor, code: str) -> list[str] | None:
    """The recovery codes, where this is a code of the app. The session that begins next commits them."""
    at = clock.now()
    try:
        made = login_throttle.begin_code(
            db.session, vault(), ThrottledAction.FACTOR, user.id, address=request.remote_addr or "", at=at
        )
    finally:
        db.session.commit()
    db.session.execute(select(User.id).where(User.id == user.id).with_for_update())  # One of two at once is the first.
    if factors.list_factors(db.session, user.id) or not factors.use_factor_code(db.session, vault(), factor, code, at):
        db.session.rollback()
        return None
    login_throttle.delete_hit(db.session, made)
    audit.note(
        db.session, "factor.added", "user", user.id, provider_id=None, at=at, user_id=user.id,
        facts={"kind": factor.kind.value},
    )  # fmt: skip
    return factors.create_recovery_codes(db.session, vault(), user.id, at)


def _page(user: User, factor: Factor, form: CodeForm, **facts) -> str:
    form.code.data = None  # No code goes back to a page.
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
