"""Resetting a forgotten password by a mailed single-use link. Factors stay; every session ends."""

from datetime import datetime, timedelta

from flask import redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete
from sqlalchemy.orm import Session
from wtforms import EmailField
from wtforms.validators import InputRequired, Length

from portal.core import clock, throttle
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import MailKind, OneTimeLink, OneTimeLinkKind, SessionEnd, User
from portal.core.throttle import Counted, Limit, TooManyRequests
from portal.domain import audit
from portal.domain.identity import accounts, one_time_links, sessions
from portal.domain.notifications import mails
from portal.web.shared import absolute_urls, limits
from portal.web.shared.forms import BaseForm
from portal.web.shared.password_field import NewPasswordField
from portal.web.signin import pending_sign_in
from portal.web.signin.blueprint import blueprint, render_dead_link

NOBODY = 0
LIFETIME = timedelta(minutes=30)


class ForgottenForm(BaseForm):
    email = EmailField(
        _l("E-posta adresiniz"), validators=[InputRequired(_l("E-posta adresinizi yazın.")), Length(max=265)]
    )


class ResetForm(BaseForm):
    password = NewPasswordField(_l("Yeni parolanız"), validators=[InputRequired(_l("Bir parola seçin."))])


@blueprint.route("/sign-in/forgotten", methods=["GET", "POST"])
@limiter.limit(limits.RESET, methods=["POST"])
def forgotten() -> ResponseReturnValue:
    """Ask for the address. The answer does not tell whether it is known."""
    form = ForgottenForm()
    if not form.validate_on_submit():
        return render_template("signin/forgotten.html", form=form), 422 if form.errors else 200
    mail_link(form.email.data.strip(), clock.now())
    return redirect(url_for(".forgotten_sent"), 303)


@blueprint.get("/sign-in/forgotten/sent")
def forgotten_sent() -> ResponseReturnValue:
    return render_template("signin/forgotten_sent.html")


@blueprint.route("/sign-in/reset/<token>", methods=["GET", "POST"])
@limiter.limit(limits.SIGN_IN, methods=["POST"])
def reset(token: str) -> ResponseReturnValue:
    """Ask for a new password. A GET uses nothing up, since mail scanners open links."""
    link, user = _find_link(read_session(), token)
    if link is None or user is None:
        return render_dead_link("signin/reset_over.html")
    session.setdefault("language", user.language)
    form = ResetForm()
    form.password.about = [user.name, accounts.email_of(vault(), user)]
    if not form.validate_on_submit():
        return render_template("signin/reset.html", form=form), 422 if form.errors else 200
    link, user = _find_link(db.session, token)  # Again, in the transaction, which began after the form was read.
    if link is None or user is None or not _reset_password(user, link, form.password.data, clock.now()):
        return render_dead_link("signin/reset_over.html")
    pending_sign_in.begin(user, link)
    return redirect(url_for(".second_step"), 303)


def _find_link(db_session: Session, token: str) -> tuple[OneTimeLink | None, User | None]:
    """The link of a token, and its user if that account is open."""
    link = one_time_links.find(db_session, token, OneTimeLinkKind.RESET, clock.now())
    user = db_session.get(User, link.user_id) if link else None
    return link, user if user and user.is_open else None


def mail_link(email: str, at: datetime) -> None:
    """Mail a link to a known address. For an unknown one the same rows are written and deleted in the same transaction,
    by statements that delete nothing for a known one, so that both take as long. Commits."""
    user = accounts.find_user(read_session(), vault(), email)
    # To the stored address, not to a look-alike ("K" may be the kelvin sign).
    email = accounts.email_of(vault(), user) if user else email
    language = user.language if user else get_locale().language
    is_flooded = _is_flooded(user.id if user else NOBODY, at)
    owner = {"user_id": user.id} if user else {}
    link, token = one_time_links.issue(
        db.session, vault(), OneTimeLinkKind.RESET, email=email, at=at, lifetime=LIFETIME, **owner
    )
    facts = {"link": absolute_urls.absolute_url("signin.reset", token=token), "until": at + LIFETIME}
    mail = mails.write_mail(db.session, vault(), MailKind.RESET, to=email, language=language, at=at, facts=facts)
    is_discarded = user is None or not user.is_open or is_flooded
    for row in (mail, link):
        db.session.execute(delete(type(row)).where(type(row).id == (row.id if is_discarded else NOBODY)))
    db.session.commit()


def _is_flooded(user_id: int, at: datetime) -> bool:
    theirs = (OneTimeLink.user_id == user_id, OneTimeLink.kind == OneTimeLinkKind.RESET)
    try:
        throttle.check(db.session, [Counted(Limit.RESETS_OF_PERSON, OneTimeLink.created_at, *theirs)], at)
    except TooManyRequests:
        return True
    return False


def _reset_password(user: User, link: OneTimeLink, password: str, at: datetime) -> bool:
    """Use the link up and set the password; False if the link has ended. Commits."""
    if not one_time_links.use(db.session, link, at):
        db.session.rollback()
        return False
    accounts.set_password(user, password)
    user.confirmed_at = user.confirmed_at or at
    ended = sessions.end_sessions(db.session, user.id, SessionEnd.CHANGED, at)
    one_time_links.revoke_all(db.session, OneTimeLinkKind.RESET, user.id, at)
    audit.note(
        db.session, "password.reset", "user", user.id, provider_id=None, at=at, user_id=user.id,
        facts={"sessions_ended": ended},
    )  # fmt: skip
    facts = {"at": at, "link": absolute_urls.absolute_url("signin.forgotten")}
    accounts.mail_user(db.session, vault(), user, MailKind.PASSWORD_CHANGED, facts, at)
    db.session.commit()
    return True
