"""The second factor, a code or a passkey: to sign in, and again before sensitive pages (step-up)."""

from datetime import datetime
from typing import Any

from flask import abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user, login_required, login_user
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from portal.core import clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import MailKind, SignInMethod, ThrottledAction, User
from portal.core.throttle import TooManyRequests
from portal.domain import audit
from portal.domain.identity import accounts, factors, login_throttle, passkeys, sessions
from portal.domain.identity.permissions import Permission
from portal.web.shared import absolute_urls, held_forms, limits, user_agents, webauthn_challenges
from portal.web.shared.forms import BaseForm
from portal.web.signin import device_cookie, pending_sign_in, return_url
from portal.web.signin.blueprint import blueprint


class CodeForm(BaseForm):
    code = StringField(_l("Doğrulama kodu"), validators=[InputRequired(_l("Kodu yazın.")), Length(max=40)])


@blueprint.route("/sign-in/second", methods=["GET", "POST"])
@limiter.limit(limits.SIGN_IN, methods=["POST"])
def second_step() -> ResponseReturnValue:
    """Ask for a code. Users without a factor enrol one first."""
    user = pending_sign_in.find_user()
    if user is None:
        return redirect(url_for(".sign_in"), 303)
    if not factors.list_factors(read_session(), user.id):
        return redirect(url_for(".enrol"), 303)
    form = CodeForm()
    if not form.validate_on_submit():
        return _render_second_step(user, form), 422 if form.errors else 200
    try:
        by = _use_code(user, form.code.data, ThrottledAction.FACTOR)
    except TooManyRequests as many:
        return _render_second_step(user, form, again_at=many.again_at_minute), 429
    if by is None:
        return _render_second_step(user, form, failed=True), 403
    return redirect(begin_session(user, by), 303)


@blueprint.post("/sign-in/passkey")
@limiter.limit(limits.SIGN_IN)
def show_passkey() -> ResponseReturnValue:
    user = pending_sign_in.find_user()
    if user is None:
        return redirect(url_for(".sign_in"), 303)
    if not _verify_passkey(user):
        return _render_second_step(user, CodeForm(), failed_passkey=True), 403
    return redirect(begin_session(user, SignInMethod.PASSKEY), 303)


@blueprint.route("/step-up", methods=["GET", "POST"])
@login_required
@limiter.limit(limits.SIGN_IN, methods=["POST"])
def step_up() -> ResponseReturnValue:
    """Ask for a code, then go on to the requested page, or with the form that was posted there."""
    if request.method == "POST" and "form" in request.args:
        path = return_url.safe_path(request.args["form"], "POST")
        return _render_step_up(CodeForm(formdata=None), held=held_forms.hold(path)) if path else abort(404)
    form = CodeForm()
    if not form.validate_on_submit():
        return _render_step_up(form), 422 if form.errors else 200
    try:
        by = _use_code(current_user.user, form.code.data, ThrottledAction.STEP_UP)
    except TooManyRequests as many:
        return _render_step_up(form, again_at=many.again_at_minute), 429
    if by is None:
        return _render_step_up(form, failed=True), 403
    return _complete_step_up()


@blueprint.post("/step-up/passkey")
@login_required
@limiter.limit(limits.SIGN_IN)
def step_up_by_passkey() -> ResponseReturnValue:
    if not _verify_passkey(current_user.user):
        return _render_step_up(CodeForm(), failed_passkey=True), 403
    return _complete_step_up()


def _render_second_step(user: User, form: CodeForm, **facts: Any) -> str:
    passkey = webauthn_challenges.request_options(user.id, clock.now())
    form.code.data = None  # No page shows a code again.
    return render_template("signin/second_step.html", form=form, passkey=passkey, **facts)


def _use_code(user: User, code: str, step: ThrottledAction) -> SignInMethod | None:
    """Use a code up, uncommitted; the kind of its factor, or None if it is wrong. Raises TooManyRequests."""
    at = clock.now()
    try:
        attempt = login_throttle.begin_code(
            db.session, vault(), step, user.id, address=request.remote_addr or "", at=at
        )
    finally:
        db.session.commit()
    if factors.use_totp_code(db.session, vault(), user, code, at):
        by = SignInMethod.TOTP
    elif factors.use_recovery_code(db.session, user.id, code, at):
        by = SignInMethod.RECOVERY
    else:
        db.session.rollback()
        return None
    login_throttle.delete_hit(db.session, attempt)
    return by


def _verify_passkey(user: User) -> bool:
    """Whether the browser's answer is valid for the user. The caller commits.

    Passkeys cannot be guessed, so attempts are not throttled: a user whose codes are throttled can still sign in.
    """
    challenge, answer = webauthn_challenges.pop_challenge(), request.form.get("answer", "")
    if challenge is None:
        return False
    try:
        passkeys.verify_passkey(
            db.session, user.id, answer, webauthn_challenges.current_origin(), challenge, clock.now()
        )
    except passkeys.ClonedPasskey:
        audit.note(db.session, "passkey.copied", "user", user.id, provider_id=None, at=clock.now(), user_id=user.id)
        db.session.commit()
        return False
    except passkeys.InvalidAnswer:
        db.session.rollback()
        return False
    return True


def begin_session(user: User, by: SignInMethod) -> str:
    """Begin the session, which ends with the browser or by its age; the path of the requested page. Commits."""
    at, path = clock.now(), return_url.take_remembered()
    pending_sign_in.end()
    digest = device_cookie.renew_cookie()
    is_new_device = sessions.has_signed_in(db.session, user.id) and not sessions.has_used_device(
        db.session, user.id, digest
    )
    began = sessions.begin_session(
        db.session, vault(), user, by=by, address=request.remote_addr or "", agent=request.user_agent.string,
        device_digest=digest, at=at,
    )  # fmt: skip
    audit.note(
        db.session, "signed_in", "user", user.id, provider_id=began.provider_id, at=at, user_id=user.id,
        sign_in_id=began.sign_in.id, facts={"by": by.value},
    )  # fmt: skip
    if is_new_device:
        _mail_new_device(user, at)
    db.session.commit()
    login_user(began)
    session.setdefault("language", user.language)
    if by == SignInMethod.RECOVERY:
        left = factors.count_recovery_codes(read_session(), user.id)
        flash(_("Bir kurtarma kodu kullandınız; bir daha geçmez. Kalan kod sayısı: %(left)s.", left=left))
    return path or _first_page(began)


def _first_page(person: sessions.SignedInUser) -> str:
    if person.provider is not None and person.provider.in_sandbox_mode and person.may_at_provider(Permission.ONBOARD):
        return url_for("dashboard.start")
    if person.provider is not None:
        return url_for("dashboard.overview")
    if person.user.operator_role is not None and not sessions.list_memberships(db.session, person.id):
        return url_for("operator.providers")
    return url_for("account.choose")


def _mail_new_device(user: User, at: datetime) -> None:
    with force_locale(user.language):
        device = user_agents.device_name(request.user_agent.string)
        network = user_agents.masked_network(request.remote_addr or "")
    facts = {"at": at, "device": device, "network": network, "link": absolute_urls.absolute_url("account.sessions")}
    accounts.mail_user(db.session, vault(), user, MailKind.NEW_DEVICE, facts, at)


def _render_step_up(form: CodeForm, *, held: str = "", **facts: Any) -> str:
    passkey = webauthn_challenges.request_options(current_user.id, clock.now())
    form.code.data = None  # No page shows a code again.
    held = held or request.form.get(held_forms.FIELD, "")
    was_posted = "next" not in request.values and not held  # Too large a form, or one with files: its input is lost.
    return render_template(
        "signin/step_up.html",
        form=form,
        onward=_next_page(),
        passkey=passkey,
        was_posted=was_posted,
        held=held,
        **facts,
    )


def _complete_step_up() -> ResponseReturnValue:
    """Renew the session's cookie and redirect to the requested page, or repeat the held form's POST there. Commits."""
    renewed = sessions.step_up(db.session, current_user, clock.now())
    db.session.commit()
    login_user(renewed)
    if held := held_forms.find():
        return redirect(held.path, 307)
    if request.form.get(held_forms.FIELD):
        flash(str(held_forms.EXPIRED))
    return redirect(_next_page(), 303)


def _next_page() -> str:
    """The requested page, the page of the refused form, or the user's first page."""
    return return_url.safe_path(request.values.get("next")) or return_url.referring_path() or _first_page(current_user)
