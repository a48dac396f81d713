"""Signing in and out of the dashboard."""

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_babel import lazy_gettext as _l
from flask_login import login_user, logout_user
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired, Length

from portal import accounts, audit, clock, limits
from portal.extensions import db, limiter, login, reading, vault
from portal.web.languages import LANGUAGES

door = Blueprint("signin", __name__)

login.login_view = "signin.sign_in"
login.login_message = None
login.session_protection = "strong"


@login.user_loader
def load_user(token: str):
    """The person behind the session, unless their sessions were ended since."""
    return accounts.signed_in(reading(), token)


class SignInForm(FlaskForm):
    email = EmailField(_l("E-posta adresiniz"), validators=[InputRequired(), Length(max=265)])
    password = PasswordField(_l("Parolanız"), validators=[InputRequired(), Length(max=200)])


@door.route("/sign-in", methods=["GET", "POST"])
@limiter.limit(limits.SIGN_IN, methods=["POST"])
@limiter.limit(limits.SIGN_IN_ACCOUNT, methods=["POST"], key_func=lambda: _account_key())
def sign_in():
    """Ask for address and password; a wrong address and a wrong password look the same."""
    form = SignInForm()
    if form.validate_on_submit():
        user = accounts.who_signs_in(reading(), vault(), form.email.data, form.password.data)
        if user is not None:
            _begin_session(user)
            return redirect(url_for("dashboard.overview"), 303)
        return render_template("signin/sign_in.html", form=form, failed=True), 403
    return render_template("signin/sign_in.html", form=form, failed=False)


@door.post("/sign-out")
def sign_out():
    """End this session."""
    logout_user()
    session.clear()
    return redirect(url_for("web.front"), 303)


@door.post("/language")
def speak():
    """Remember the language of a signed-in person."""
    if request.form.get("language") in LANGUAGES:
        session["language"] = request.form["language"]
    return redirect(url_for("dashboard.overview"), 303)


def _begin_session(user) -> None:
    """A fresh session: nothing of the visitor's old one, perhaps planted, lives on.

    It ends with the browser, or by its age; a permanent one would not be bound to its browser and network.
    """
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language
    login_user(user)
    audit.note(
        db.session, "signed_in", "user", user.id, provider_id=user.provider_id, at=clock.now(), user_id=user.id
    )
    db.session.commit()


def _account_key() -> str:
    """The account that is guessed at, as a blind index: the limit's store never holds an address."""
    indexes = accounts.indexes_of(vault(), request.form.get("email", "")[:265])
    return next(iter(indexes.values())).hex()
