"""Enrolling a first factor after a mailed link and a password: an app's secret, its first code, recovery codes."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, limiter, vault
from portal.core.models import Factor, MailKind, OneTimeLink, OneTimeLinkKind, SignInMethod, ThrottledAction, User
from portal.core.throttle import TooManyRequests
from portal.domain import audit
from portal.domain.identity import accounts, factors, login_throttle, one_time_links
from portal.web.shared import absolute_urls, limits, qr_code
from portal.web.signin import invitation, password_reset, pending_sign_in
from portal.web.signin.blueprint import blueprint
from portal.web.signin.second_step import CodeForm, begin_session


class LinkEnded(Exception):
    """The mailed link was revoked or used, or another factor enrolled, while the app was being set up."""


@blueprint.route("/sign-in/enrol", methods=["GET", "POST"])
@limiter.limit(limits.SIGN_IN, methods=["POST"])
def enrol() -> ResponseReturnValue:
    """Show the secret until its first code comes back, then the recovery codes, once."""
    user = pending_sign_in.find_user(pending_sign_in.FOR_ENROLMENT)
    if user is None:
        return redirect(url_for(".sign_in"), 303)
    if factors.list_factors(db.session, user.id):  # A pending sign-in adds no second factor.
        flash(_("Doğrulama uygulamanız kuruldu. Yeni bir kodla girin; kurtarma kodlarını içeride yeniden alın."))
        return redirect(url_for(".second_step"), 303)
    link = pending_sign_in.find_link(user)
    if link is None:
        return render_template("signin/enrol_by_mail.html"), 403 if request.method == "POST" else 200
    factor, form = _find_or_create_app(user), CodeForm()
    if not form.validate_on_submit():
        return _page(user, factor, form), 422 if form.errors else 200
    try:
        codes = _confirm_app(user, link, factor, form.code.data)
    except TooManyRequests as many:
        return _page(user, factor, form, again_at=many.again_at_minute), 429
    except LinkEnded:
        return redirect(url_for(".enrol"), 303)
    if codes is None:
        return _page(user, factor, form, failed=True), 403
    onward = begin_session(user, SignInMethod.TOTP)
    return render_template("signin/recovery_codes.html", codes=codes, onward=onward)


@blueprint.post("/sign-in/enrol/mail")
@limiter.limit(limits.RESET)
def mail_enrolment() -> ResponseReturnValue:
    """Mail whoever has a password, but no factor and no open link, a link by which they may enrol one."""
    user = pending_sign_in.find_user(pending_sign_in.FOR_ENROLMENT)
    if user is None:
        return redirect(url_for(".sign_in"), 303)
    password_reset.mail_link(accounts.email_of(vault(), user), clock.now())
    return redirect(url_for(".forgotten_sent"), 303)


def _find_or_create_app(user: User) -> Factor:
    """The unconfirmed app of this pending sign-in; a new one where there is none. Commits."""
    factor = db.session.get(Factor, pending_sign_in.factor_id() or 0)
    if factor is None or factor.user_id != user.id or factor.confirmed_at:
        factors.delete_unconfirmed(db.session, user.id)
        factor = factors.enrol_totp(db.session, vault(), user.id, name=_("Doğrulama uygulaması"), at=clock.now())
        db.session.commit()
        pending_sign_in.remember_factor(factor.id)
    return factor


def _confirm_app(user: User, link: OneTimeLink, factor: Factor, code: str) -> list[str] | None:
    """Use the link up and mail the user if this is a code of the app; recovery codes, else None. Raises LinkEnded. The
    caller commits by beginning the session."""
    at = clock.now()
    try:
        attempt = login_throttle.begin_code(
            db.session, vault(), ThrottledAction.FACTOR, user.id, address=request.remote_addr or "", at=at
        )
    finally:
        db.session.commit()
    db.session.execute(select(User.id).where(User.id == user.id).with_for_update())  # Concurrent requests queue up.
    is_enrolled = bool(factors.list_factors(db.session, user.id))  # By a double click, or in another tab.
    if not is_enrolled and not factors.use_factor_code(db.session, vault(), factor, code, at):
        db.session.rollback()
        return None
    if is_enrolled or not _use_link(link, user):
        db.session.rollback()
        raise LinkEnded
    login_throttle.delete_hit(db.session, attempt)
    audit.note(
        db.session, "factor.added", "user", user.id, provider_id=None, at=at, user_id=user.id,
        facts={"kind": factor.kind.value},
    )  # fmt: skip
    mailed = {
        "at": at,
        "change": "first_totp",
        "name": factor.name,
        "link": absolute_urls.absolute_url("account.factors"),
    }
    accounts.mail_user(db.session, vault(), user, MailKind.FACTOR_CHANGED, mailed, at)
    return factors.create_recovery_codes(db.session, vault(), user.id, at)


def _use_link(link: OneTimeLink, user: User) -> bool:
    """Use the mailed link up, which makes an invited user a member; False if it ended meanwhile."""
    if link.kind == OneTimeLinkKind.RESET:  # Used up with the new password.
        return True
    if link.kind == OneTimeLinkKind.INVITATION:
        return invitation.accept(link, user, None)
    return one_time_links.use(db.session, link, clock.now())


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
